package sso

import (
	"errors"
	"regexp"
	"slices"
	"strings"

	"github.com/nyaruka/phonenumbers"
)

// phones says which phones text messages are sent to.
type phones struct{ countries []string } // ISO 3166 codes; none: no text messages at all

var (
	errNoSMS   = errors.New("no text messages are sent; use mail")
	errPhone   = errors.New("is no phone in international form such as +4915112345678")
	errCountry = errors.New("is of a country to which nothing is sent")
	errMobile  = errors.New("is no mobile phone")
)

// international leaves out what the library takes as well: letters, extensions, URIs.
var international = regexp.MustCompile(`^\+[0-9][0-9 ()-]*$`)

// parse returns the number as it is stored and compared (E.164). What costs the caller
// extra, is shared by many or cannot get text messages is refused: sending to such
// numbers is how others earn by us.
func (p phones) parse(s string) (string, error) {
	if len(p.countries) == 0 {
		return "", errNoSMS
	}
	s = strings.TrimSpace(s)
	n, err := phonenumbers.Parse(s, "")
	if err != nil || !international.MatchString(s) || !phonenumbers.IsValidNumber(n) {
		return "", errPhone
	}
	if !slices.Contains(p.countries, phonenumbers.GetRegionCodeForNumber(n)) {
		return "", errCountry
	}
	switch phonenumbers.GetNumberType(n) {
	case phonenumbers.MOBILE, phonenumbers.FIXED_LINE_OR_MOBILE:
		return phonenumbers.Format(n, phonenumbers.E164), nil
	}
	return "", errMobile
}

// countryOf is that of a number that parse has returned.
func countryOf(number string) string {
	n, err := phonenumbers.Parse(number, "")
	if err != nil {
		return ""
	}
	return phonenumbers.GetRegionCodeForNumber(n)
}
