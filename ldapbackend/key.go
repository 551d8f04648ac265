// SPDX-License-Identifier: AGPL-3.0-or-later

package ldapbackend

import (
	"context"
	"slices"
	"strings"

	"github.com/go-ldap/ldap/v3"

	"commonscloud.coop/clau/idp/directory"
)

// ListKeys reads all signing keys, sorted by id.
func (b *Backend) ListKeys(ctx context.Context) ([]directory.Key, error) {
	entries, err := b.read(ctx, request(b.tree.keys(), ldap.ScopeSingleLevel, "(objectClass=clauKey)", []string{
		"clauId", "clauAlgorithm", "clauState", "clauPublicKey", "clauSealedSecret",
		"clauCreated", "clauActivates", "clauRetires", "clauExpires",
	}))
	if err != nil {
		return nil, err
	}
	var keys []directory.Key
	for _, e := range entries {
		keys = append(keys, keyOf(fields{e}))
	}
	slices.SortFunc(keys, func(x, y directory.Key) int { return strings.Compare(string(x.ID), string(y.ID)) })
	return keys, nil
}

func keyOf(f fields) directory.Key {
	return directory.Key{
		ID:        directory.KeyID(f.text("clauId")),
		Algorithm: f.text("clauAlgorithm"),
		State:     directory.State(f.text("clauState")),
		Public:    f.bytes("clauPublicKey"),
		Sealed:    f.bytes("clauSealedSecret"),
		Created:   f.time("clauCreated"),
		Activates: f.time("clauActivates"),
		Retires:   f.time("clauRetires"),
		Expires:   f.time("clauExpires"),
	}
}

// keyEntry leaves nothing out: see serviceEntry.
func keyEntry(k directory.Key) attributes {
	return attributes{
		{"clauAlgorithm", []string{k.Algorithm}},
		{"clauState", []string{string(k.State)}},
		{"clauPublicKey", []string{string(k.Public)}},
		{"clauSealedSecret", []string{string(k.Sealed)}},
		{"clauCreated", []string{formatTime(k.Created)}},
		{"clauActivates", []string{formatTime(k.Activates)}},
		{"clauRetires", []string{formatTime(k.Retires)}},
		{"clauExpires", []string{formatTime(k.Expires)}},
	}
}

// AddKey adds a key, or answers [directory.ErrExists]. Ids that differ in
// letter case only are the same id to the directory.
func (b *Backend) AddKey(ctx context.Context, k directory.Key) error {
	if k.ID == "" {
		return refuse(directory.ErrInvalid, "a key without id")
	}
	var a attributes
	a.set("objectClass", "clauKey")
	a.set("clauId", string(k.ID))
	for _, each := range keyEntry(k) {
		a.set(each.name, each.values...)
	}
	return b.add(ctx, directory.System(), b.tree.key(k.ID), a)
}

// ReplaceKey writes all of k over the key of the same id.
func (b *Backend) ReplaceKey(ctx context.Context, k directory.Key) error {
	if k.ID == "" {
		return refuse(directory.ErrNotFound, "no key id")
	}
	m := ldap.NewModifyRequest(b.tree.key(k.ID), nil)
	for _, a := range keyEntry(k) {
		replace(m, a.name, a.values...)
	}
	return b.modify(ctx, directory.System(), m)
}

// RemoveKey removes a key for good.
func (b *Backend) RemoveKey(ctx context.Context, id directory.KeyID) error {
	if id == "" {
		return refuse(directory.ErrNotFound, "no key id")
	}
	return b.delete(ctx, directory.System(), b.tree.key(id))
}
