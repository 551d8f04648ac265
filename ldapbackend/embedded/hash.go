// SPDX-License-Identifier: AGPL-3.0-or-later

package embedded

import (
	"context"
	"crypto/sha1"
	"crypto/sha256"
	"crypto/sha512"
	"crypto/subtle"
	"encoding/base32"
	"encoding/base64"
	"errors"
	"fmt"
	"hash"
	"io"
	"strings"
	"sync"

	"golang.org/x/crypto/argon2"
)

// Argon2 is the cost of a password hash (RFC 9106).
type Argon2 struct {
	Memory  uint32 // KiB
	Time    uint32 // passes
	Threads uint8
}

// errTooMany is returned when too many hashes wait already.
var errTooMany = errors.New("embedded: too many passwords at once")

// A hash from elsewhere is not computed beyond these bounds: it would take the
// memory of the whole machine.
const (
	maxMemory  = 256 << 10 // KiB
	maxTime    = 64
	maxWaiting = 512
)

// hasher computes password hashes, a few at once: each takes memory and a
// processor, and searches shall not wait for them.
type hasher struct {
	cost    Argon2
	workers chan struct{}
	waiting chan struct{}

	mu     sync.Mutex // guards random
	random io.Reader
}

func newHasher(c Config) *hasher {
	return &hasher{
		cost: c.Argon2, random: c.Rand,
		workers: make(chan struct{}, c.HashWorkers), waiting: make(chan struct{}, maxWaiting),
	}
}

// turn waits for a worker and returns what frees it.
func (h *hasher) turn(ctx context.Context) (func(), error) {
	select {
	case h.waiting <- struct{}{}:
		defer func() { <-h.waiting }()
	default:
		return nil, errTooMany
	}
	select {
	case h.workers <- struct{}{}:
		return func() { <-h.workers }, nil
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// hash makes {ARGON2}$argon2id$… of a password.
func (h *hasher) hash(ctx context.Context, password string) (string, error) {
	salt := make([]byte, 16)
	if err := h.fill(salt); err != nil {
		return "", err
	}
	done, err := h.turn(ctx)
	if err != nil {
		return "", err
	}
	defer done()
	key := argon2.IDKey([]byte(password), salt, h.cost.Time, h.cost.Memory, h.cost.Threads, 32)
	b64 := base64.RawStdEncoding
	return fmt.Sprintf("{ARGON2}$argon2id$v=%d$m=%d,t=%d,p=%d$%s$%s", argon2.Version,
		h.cost.Memory, h.cost.Time, h.cost.Threads, b64.EncodeToString(salt), b64.EncodeToString(key)), nil
}

func (h *hasher) fill(b []byte) error {
	h.mu.Lock()
	defer h.mu.Unlock()
	if _, err := io.ReadFull(h.random, b); err != nil {
		return fmt.Errorf("embedded: random: %w", err)
	}
	return nil
}

// generate makes up a password of 26 letters and digits.
func (h *hasher) generate() (string, error) {
	b := make([]byte, 16)
	err := h.fill(b)
	return strings.ToLower(base32.StdEncoding.WithPadding(base32.NoPadding).EncodeToString(b)), err
}

// pretend costs as much as verify does with a hash that was made here.
func (h *hasher) pretend(ctx context.Context, password string) error {
	done, err := h.turn(ctx)
	if err != nil {
		return err
	}
	defer done()
	argon2.IDKey([]byte(password), make([]byte, 16), h.cost.Time, h.cost.Memory, h.cost.Threads, 32)
	return nil
}

// verify reports whether a password fits one of the stored values.
func (h *hasher) verify(ctx context.Context, stored []string, password string) (bool, error) {
	for _, value := range stored {
		scheme, _, hashed := schemeOf(value)
		if !hashed || !strings.EqualFold(scheme, "ARGON2") {
			if fits(value, password) {
				return true, nil
			}
			continue
		}
		ok, err := h.verifyArgon2(ctx, value, password)
		if ok || err != nil {
			return ok, err
		}
	}
	return false, nil
}

func (h *hasher) verifyArgon2(ctx context.Context, value, password string) (bool, error) {
	p, ok := parseArgon2(value)
	if !ok {
		return false, nil
	}
	done, err := h.turn(ctx)
	if err != nil {
		return false, err
	}
	defer done()
	derive := argon2.IDKey
	if p.variant == "argon2i" {
		derive = argon2.Key
	}
	key := derive([]byte(password), p.salt, p.Time, p.Memory, p.Threads, uint32(len(p.key)))
	return subtle.ConstantTimeCompare(key, p.key) == 1, nil
}

type argon2Hash struct {
	variant string
	Argon2
	salt, key []byte
}

// parseArgon2 reads the encoded form of the Argon2 reference code. slapd's
// module stores it with its terminating NULs.
func parseArgon2(value string) (argon2Hash, bool) {
	_, rest, _ := schemeOf(value)
	part := strings.Split(strings.TrimRight(rest, "\x00"), "$")
	if len(part) != 6 || part[2] != "v=19" || part[1] != "argon2id" && part[1] != "argon2i" {
		return argon2Hash{}, false
	}
	p := argon2Hash{variant: part[1]}
	if n, err := fmt.Sscanf(part[3], "m=%d,t=%d,p=%d", &p.Memory, &p.Time, &p.Threads); n != 3 || err != nil {
		return argon2Hash{}, false
	}
	var err1, err2 error
	p.salt, err1 = base64.RawStdEncoding.DecodeString(part[4])
	p.key, err2 = base64.RawStdEncoding.DecodeString(part[5])
	sane := p.Memory <= maxMemory && p.Time >= 1 && p.Time <= maxTime && p.Threads >= 1 && len(p.key) >= 4 && len(p.key) <= 128
	return p, err1 == nil && err2 == nil && sane
}

// schemeOf cuts {SCHEME} from a stored password.
func schemeOf(value string) (scheme, rest string, hashed bool) {
	if !strings.HasPrefix(value, "{") {
		return "", value, false
	}
	return strings.Cut(value[1:], "}")
}

// fits verifies the schemes that older directories left behind. A value without
// a scheme is the password itself (RFC 4519 section 2.41).
func fits(value, password string) bool {
	scheme, rest, hashed := schemeOf(value)
	if !hashed {
		return subtle.ConstantTimeCompare([]byte(value), []byte(password)) == 1
	}
	digest := digestOf(strings.ToUpper(scheme))
	if digest == nil {
		return false
	}
	b, err := base64.StdEncoding.DecodeString(rest)
	if err != nil || len(b) < digest.Size() {
		return false
	}
	key, salt := b[:digest.Size()], b[digest.Size():]
	digest.Write([]byte(password))
	digest.Write(salt)
	return subtle.ConstantTimeCompare(digest.Sum(nil), key) == 1
}

func digestOf(scheme string) hash.Hash {
	switch scheme {
	case "SSHA", "SHA":
		return sha1.New()
	case "SSHA256", "SHA256":
		return sha256.New()
	case "SSHA512", "SHA512":
		return sha512.New()
	}
	return nil
}
