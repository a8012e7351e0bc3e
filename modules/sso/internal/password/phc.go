package password

import (
	"encoding/base64"
	"errors"
	"fmt"
	"strings"

	"golang.org/x/crypto/argon2"
)

// A phc is a hash with all that it takes to compute it again.
type phc struct {
	memory, passes uint32
	lanes          uint8
	salt, key      []byte
}

var b64 = base64.RawStdEncoding.Strict()

func (p phc) String() string {
	return fmt.Sprintf("$argon2id$v=%d$m=%d,t=%d,p=%d$%s$%s",
		argon2.Version, p.memory, p.passes, p.lanes, b64.EncodeToString(p.salt), b64.EncodeToString(p.key))
}

// errHash does not repeat the hash.
var errHash = errors.New(`a stored password hash is malformed: expected "$argon2id$v=19$m=…,t=…,p=…$salt$key"`)

func parsePHC(s string) (phc, error) {
	parts := strings.Split(s, "$")
	if len(parts) != 6 || parts[0] != "" || parts[1] != "argon2id" || parts[2] != fmt.Sprintf("v=%d", argon2.Version) {
		return phc{}, errHash
	}
	var p phc
	if _, err := fmt.Sscanf(parts[3], "m=%d,t=%d,p=%d", &p.memory, &p.passes, &p.lanes); err != nil {
		return phc{}, errHash
	}
	var errs [2]error
	p.salt, errs[0] = b64.DecodeString(parts[4])
	p.key, errs[1] = b64.DecodeString(parts[5])
	if errors.Join(errs[:]...) != nil || !p.sane() {
		return phc{}, errHash
	}
	return p, nil
}

// sane keeps a damaged row from costing gigabytes or from matching everything.
func (p phc) sane() bool {
	return p.memory >= 8 && p.memory <= 1<<20 && p.passes >= 1 && p.passes <= 64 &&
		p.lanes >= 1 && len(p.salt) >= 8 && len(p.key) == keySize
}
