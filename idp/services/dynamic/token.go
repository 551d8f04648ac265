// SPDX-License-Identifier: AGPL-3.0-or-later

package dynamic

import (
	"context"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base32"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"

	"commonscloud.coop/clau/idp/directory"
)

// NewRegistrar makes an initial access token of a collective, and what its
// settings keep of it. The token is shown once. It names collective and
// registrar, so that finding it is one read: "<collective>~<id>~<random>".
func NewRegistrar(rand io.Reader, in directory.CollectiveName, r directory.Registrar) (directory.Registrar, string, error) {
	id, err := name(rand, 5)
	if err != nil {
		return r, "", err
	}
	secret, err := random(rand)
	if err != nil {
		return r, "", err
	}
	token := string(in) + "~" + id + "~" + secret
	r.ID, r.SHA256 = id, digest(token)
	return r, token, nil
}

// registrar finds whose token was shown. Whatever is wrong with it is the same
// answer, and so is a collective that does not exist.
func (a *Room) registrar(ctx context.Context, r *http.Request) (directory.Collective, directory.Registrar, error) {
	token := bearer(r)
	in, rest, _ := strings.Cut(token, "~")
	id, _, _ := strings.Cut(rest, "~")
	if in == "" || id == "" || len(token) > 256 {
		return directory.Collective{}, directory.Registrar{}, refuse(invalidToken, tokenFault)
	}
	c, err := a.Source.Collective(ctx, directory.CollectiveName(in))
	if errors.Is(err, directory.ErrNotFound) {
		return c, directory.Registrar{}, refuse(invalidToken, tokenFault)
	}
	if err != nil {
		return c, directory.Registrar{}, err
	}
	one, ok := find(c, id)
	if !ok || !same(token, one.SHA256) || !a.Now().Before(one.Expires) || c.State != directory.Active {
		return c, directory.Registrar{}, refuse(invalidToken, tokenFault)
	}
	return c, one, nil
}

func find(c directory.Collective, id string) (directory.Registrar, bool) {
	for _, one := range c.Settings.Registrars {
		if one.ID == id {
			return one, true
		}
	}
	return directory.Registrar{}, false
}

// bearer is the token of the Authorization header (RFC 6750 section 2.1), the
// only place where one is looked for.
func bearer(r *http.Request) string {
	scheme, token, _ := strings.Cut(r.Header.Get("Authorization"), " ")
	if !strings.EqualFold(scheme, "Bearer") {
		return ""
	}
	return token
}

// same compares a token with the digest that is kept; no digest fits none.
func same(token, sum string) bool {
	return token != "" && sum != "" && subtle.ConstantTimeCompare([]byte(digest(token)), []byte(sum)) == 1
}

// digest is enough for what is random and long.
func digest(token string) string {
	sum := sha256.Sum256([]byte(token))
	return base64.RawURLEncoding.EncodeToString(sum[:])
}

// random is a secret of 256 bits.
func random(rand io.Reader) (string, error) {
	var b [32]byte
	if _, err := io.ReadFull(rand, b[:]); err != nil {
		return "", fmt.Errorf("dynamic: no randomness: %w", err)
	}
	return base64.RawURLEncoding.EncodeToString(b[:]), nil
}

// name is a random name of n bytes in lower-case letters and digits.
func name(rand io.Reader, n int) (string, error) {
	b := make([]byte, n)
	if _, err := io.ReadFull(rand, b); err != nil {
		return "", fmt.Errorf("dynamic: no randomness: %w", err)
	}
	return strings.ToLower(base32.StdEncoding.WithPadding(base32.NoPadding).EncodeToString(b)), nil
}

// giveSecret puts a new secret before the old ones, which end after the overlap.
// A client that proves itself otherwise has none.
func (a *Room) giveSecret(c *directory.OIDCClient) (string, error) {
	if !hasSecret(*c) {
		c.Secrets = nil
		return "", nil
	}
	secret, err := random(a.Rand)
	if err != nil {
		return "", err
	}
	now := a.Now()
	kept := []directory.ClientSecret{{SHA256: digest(secret)}}
	for _, old := range c.Secrets {
		if end := now.Add(a.overlap()).UTC().Truncate(time.Second); old.Expires.IsZero() || old.Expires.After(end) {
			old.Expires = end
		}
		if old.Expires.After(now) {
			kept = append(kept, old)
		}
	}
	c.Secrets = kept
	return secret, nil
}

func (a *Room) overlap() time.Duration {
	if a.Overlap == 0 {
		return 24 * time.Hour
	}
	return a.Overlap
}
