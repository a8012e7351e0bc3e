package sso

import "context"

// self returns the account of who asks in person.
func (s *service) self(ctx context.Context) (account, error) {
	id, err := person(ctx)
	if err != nil {
		return account{}, err
	}
	me, known, err := s.accounts.byID(ctx, id)
	if err == nil && (!known || !me.open) {
		err = noAccount()
	}
	return me, err
}
