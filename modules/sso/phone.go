package sso

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/nyaruka/phonenumbers"
)

// phones says which phones text messages are sent to.
type phones struct{ countries []string } // ISO 3166 codes; none: no text messages at all

var (
	errNoSMS = errors.New("no text messages are sent; use mail")
	errPhone = errors.New("is no phone in international form such as +4915112345678")
)

// parse returns the number as it is stored and compared (E.164). What costs the caller
// extra, is shared by many or cannot get text messages is refused: sending to such
// numbers is how others earn by us.
func (p phones) parse(s string) (string, error) {
	if len(p.countries) == 0 {
		return "", errNoSMS
	}
	s = strings.TrimSpace(s)
	n, err := phonenumbers.Parse(s, "")
	if err != nil || !strings.HasPrefix(s, "+") || !phonenumbers.IsValidNumber(n) {
		return "", errPhone
	}
	if country := phonenumbers.GetRegionCodeForNumber(n); !slices.Contains(p.countries, country) {
		return "", fmt.Errorf("is of a country to which nothing is sent (%s)", country)
	}
	switch phonenumbers.GetNumberType(n) {
	case phonenumbers.MOBILE, phonenumbers.FIXED_LINE_OR_MOBILE:
		return phonenumbers.Format(n, phonenumbers.E164), nil
	}
	return "", errors.New("is no mobile phone")
}
