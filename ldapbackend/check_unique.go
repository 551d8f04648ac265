// SPDX-License-Identifier: AGPL-3.0-or-later

package ldapbackend

import (
	"context"
	"encoding/hex"
	"errors"
	"io"

	"github.com/google/uuid"

	"commonscloud.coop/clau/idp/directory"
)

// checkUnique adds two people whom nobody lets in, and tries to give the
// second what the first has: a handle, and an identifier at some service.
func (b *Backend) checkUnique(ctx context.Context) (string, string) {
	mark := make([]byte, 8)
	if _, err := io.ReadFull(b.config.Rand, mark); err != nil {
		return "no randomness: " + err.Error(), "see to the machine"
	}
	first := directory.Person{
		ID: directory.PersonID(uuid.NewString()), Handle: directory.Handle("check-" + hex.EncodeToString(mark)),
		State: directory.Locked, Name: "setup check",
	}
	second := first
	second.ID = directory.PersonID(uuid.NewString())
	defer func() {
		for _, id := range []directory.PersonID{first.ID, second.ID} {
			_ = b.delete(context.WithoutCancel(ctx), directory.System(), b.tree.person(id))
		}
	}()
	do := "load the overlay unique as \"clau directory setup\" prints it"
	known := []reservation{{value: subjectOf("check", string(first.Handle))}}
	if err := errors.Join(b.AddPerson(ctx, directory.System(), first), b.reserve(ctx, first.ID, known)); err != nil {
		return "an entry cannot be added: " + cause(err), "load the access rules that \"clau directory setup\" prints"
	}
	if err := b.AddPerson(ctx, directory.System(), second); !errors.Is(err, directory.ErrExists) {
		return "two people can have the same handle" + otherwise(err), do
	}
	second.Handle += "-2"
	err := b.AddPerson(ctx, directory.System(), second)
	if err == nil {
		err = b.reserve(ctx, second.ID, known)
	}
	if !errors.Is(err, directory.ErrExists) {
		return "two people can be the same to a service" + otherwise(err), do
	}
	return "", ""
}

// otherwise is how a second entry failed, if not as it should.
func otherwise(err error) string {
	if err == nil {
		return ""
	}
	return ", or at least the second failed otherwise than expected: " + cause(err)
}
