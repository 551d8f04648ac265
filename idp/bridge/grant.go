// SPDX-License-Identifier: AGPL-3.0-or-later

package bridge

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"io"
	"time"

	"commonscloud.coop/clau/idp/directory"
	"commonscloud.coop/clau/idp/release"
	"commonscloud.coop/clau/idp/signon"
	"commonscloud.coop/clau/idp/store"
	"commonscloud.coop/clau/idp/web"
)

// grant is what a sign-on gave an application. The state of its record says how
// far it got: see the package comment.
type grant struct {
	Service directory.ServiceID `json:"service"`
	Client  directory.ClientID  `json:"client"`
	Person  directory.PersonID  `json:"person"`
	Epoch   int64               `json:"epoch,omitempty"`
	Subject string              `json:"sub"`
	Number  int64               `json:"number,omitempty"`
	Need    release.Need        `json:"need"`

	// What the code is held against when it is redeemed.
	Redirect string `json:"redirect"`
	Begun    int64  `json:"begun"` // Unix seconds

	Traced int64 `json:"traced,omitempty"` // [signon.Result].Traced
}

// States of a grant's record beside the digest of its token.
const (
	codeState  = "code"
	spentState = "spent"
)

// grantKey is the digest of a grant's name, which is the code. Knowing the key
// redeems nothing.
type grantKey [sha256.Size]byte

func keyOfCode(code string) grantKey { return sha256.Sum256([]byte(code)) }

// inStore is a kind of its own: what a bridge gave is nothing to OpenID Connect,
// whose grants lie in the same store.
func (k grantKey) inStore() string { return "bridge:" + base64.RawURLEncoding.EncodeToString(k[:]) }

// grant keeps what the sign-on gives and returns its code. It goes when the
// session goes, or the person's consent.
func (b *Bridge) grant(ctx context.Context, c client, to web.Vetted, result signon.Result) (string, error) {
	var name [32]byte
	if _, err := io.ReadFull(b.c.Rand, name[:]); err != nil {
		return "", fmt.Errorf("bridge: no randomness: %w", err)
	}
	code := base64.RawURLEncoding.EncodeToString(name[:])
	g := grant{
		Service: c.service.ID, Client: c.ID, Person: result.Person.ID, Epoch: result.Session.Epoch,
		Subject: result.Subject, Need: result.Request.Need, Redirect: to.String(), Begun: b.c.Now().Unix(),
		Traced: result.Traced,
	}
	var err error
	if g.Number, err = b.number(ctx, result); err != nil {
		return "", err
	}
	raw, err := json.Marshal(g)
	if err != nil {
		return "", fmt.Errorf("bridge: grant: %w", err)
	}
	life := b.c.CodeLife + b.c.TokenLife
	put := store.PutRecord{Key: keyOfCode(code).inStore(), Record: store.Record{Data: raw, State: codeState}, TTL: life}
	return code, b.c.Store.Write(ctx, append(result.Writes, put,
		b.c.Room.Hold(result.Session.Key, put.Key, life),
		b.c.Room.HoldFor(g.Person, g.Service, put.Key, life),
	)...)
}

// spend moves a grant from one state to the next, and returns what it gives.
// Who is not the one that moves it gets nothing, and won is false.
func (b *Bridge) spend(ctx context.Context, key grantKey, from, to string) (g grant, won bool, err error) {
	record, won, err := b.c.Store.Advance(ctx, key.inStore(), from, to)
	if err != nil {
		return grant{}, false, err
	}
	if err := json.Unmarshal(record.Data, &g); err != nil {
		return grant{}, false, fmt.Errorf("bridge: grant unreadable: %w", err)
	}
	return g, won, nil
}

// accessToken names a grant, says when it was issued, and proves itself by
// what is random in it.
type accessToken struct {
	key    grantKey
	issued int64 // Unix seconds
	text   string
}

const secretSize = 16

func (b *Bridge) newToken(key grantKey) (accessToken, error) {
	raw := binary.BigEndian.AppendUint64(append([]byte(nil), key[:]...), uint64(b.c.Now().Unix()))
	var secret [secretSize]byte
	if _, err := io.ReadFull(b.c.Rand, secret[:]); err != nil {
		return accessToken{}, fmt.Errorf("bridge: no randomness: %w", err)
	}
	t, _ := parseToken(base64.RawURLEncoding.EncodeToString(append(raw, secret[:]...)))
	return t, nil
}

// parseToken accepts one spelling only. What it says is true if the grant's
// state is its digest, and not before.
func parseToken(text string) (accessToken, bool) {
	const size = sha256.Size + 8 + secretSize
	if len(text) != base64.RawURLEncoding.EncodedLen(size) {
		return accessToken{}, false
	}
	raw, err := base64.RawURLEncoding.Strict().DecodeString(text)
	if err != nil || len(raw) != size {
		return accessToken{}, false
	}
	issued := int64(binary.BigEndian.Uint64(raw[sha256.Size:]))
	return accessToken{key: grantKey(raw[:sha256.Size]), issued: issued, text: text}, true
}

// state is that of a grant whose token this is.
func (t accessToken) state() string {
	sum := sha256.Sum256([]byte(t.text))
	return base64.RawURLEncoding.EncodeToString(sum[:])
}

func aged(since int64, now time.Time, life time.Duration) bool {
	return now.Sub(time.Unix(since, 0)) > life
}
