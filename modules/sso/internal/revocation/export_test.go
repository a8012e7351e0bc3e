package revocation

// WithPages returns the store with pages of another size.
func (s *Store) WithPages(atOnce int) *Store { return &Store{db: s.db, atOnce: atOnce} }
