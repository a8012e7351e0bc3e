package files

import (
	"context"
	"slices"
	"unicode"
	"unicode/utf8"

	"github.com/slipway-go/slipway/auth"
	"github.com/slipway-go/slipway/internal/uuid7"
	"github.com/slipway-go/slipway/modules/files/filesapi"
	"github.com/slipway-go/slipway/problem"
)

// A sender is who uploads a file of a profile, and what it may be.
type sender struct {
	principal *auth.Principal
	profile   *filesapi.Profile
}

// sender returns whoever asks, if they may upload files of the profile.
func (s *service) sender(ctx context.Context, module, profile string) (sender, error) {
	p, ok := auth.PrincipalFrom(ctx)
	if !ok {
		return sender{}, problem.Unauthorized("it is unknown who uploads")
	}
	found, err := s.profiles.find(module, profile)
	if err != nil {
		return sender{}, err
	}
	by := sender{p, found}
	return by, by.allowed()
}

// allowed tells why whoever asks may not upload such files. A module may, on its own as well
// as for a user, about whom it decides.
func (s sender) allowed() error {
	upload := s.profile.Rules().Upload
	switch service := s.principal.Service(); {
	case service == s.profile.Module():
		return nil
	case service != "":
		return problem.Forbidden("files of the kind %s are uploaded by module %s and its users, not by %s", s.profile, s.profile.Module(), service).
			WithCode(filesapi.CodeNotForUsers)
	case upload == (auth.Permission{}):
		return problem.Forbidden("files of the kind %s are uploaded by module %s alone", s.profile, s.profile.Module()).WithCode(filesapi.CodeNotForUsers)
	case !s.principal.Has(upload):
		return problem.Forbidden("to upload files of the kind %s takes the permission %s (%s)", s.profile, upload.Name(), upload.Doc()).
			WithCode(filesapi.CodeNotForUsers)
	}
	return nil
}

// maxOwner bounds the subject for whom a module uploads, in bytes.
const maxOwner = 255

// owner returns whose file it will be: the user's, or that of whom the module names.
func (s sender) owner(named, at string) (string, error) {
	switch {
	case named == "":
		return s.principal.Subject, nil
	case !s.principal.IsService():
		return "", problem.Unprocessable("only a module that uploads on its own may say whose the file is").WithField(at, "leave it out")
	case len(named) > maxOwner || !utf8.ValidString(named) || slices.ContainsFunc([]rune(named), unicode.IsControl):
		return "", problem.Unprocessable("the owner is no subject of a token").WithField(at, "expected up to 255 bytes of text")
	}
	return named, nil
}

// An announced file is what a sender says of it before its content is seen.
type announced struct {
	name  string
	owner string
	size  int64 // the most that may come
}

// file returns the record of a file that is about to come, or why such a one is refused.
func (s sender) file(a announced) (record, error) {
	rules := s.profile.Rules()
	name := cleanName(a.name)
	if err := checkName(name, rules); err != nil {
		return record{}, err
	}
	if a.size > rules.MaxBytes {
		return record{}, tooLarge(rules.MaxBytes)
	}
	return record{
		ID: uuid7.New(), Module: s.profile.Module(), Profile: s.profile.Name(), Owner: a.owner,
		Own: s.isOwn(a.owner), Uploader: s.principal.Subject, Service: s.principal.Service(),
		Name: name, Type: typeOf(name, rules.Types), Size: a.size, Held: a.size,
		State: filesapi.StatePending, Public: rules.Visibility == filesapi.Public,
	}, nil
}

// isOwn reports an owner that is the module itself, and not a user of its name.
func (s sender) isOwn(owner string) bool {
	return s.principal.IsService() && owner == s.principal.Subject
}

// typeOf returns the first type that a file of this name can be; "" if there is none.
func typeOf(name string, types []filesapi.Type) filesapi.Type {
	for _, t := range types {
		if t.Fits(name) {
			return t
		}
	}
	return ""
}
