// SPDX-License-Identifier: AGPL-3.0-or-later

package consent_test

import (
	"slices"
	"testing"

	"commonscloud.coop/clau/consent"
	"commonscloud.coop/clau/idp/directory"
	"commonscloud.coop/clau/idp/release"
)

// TestWhatAServiceCannotDoWithoutIsNoChoice: a service that takes the handle for
// a user's name fails without it, and the person would be shut out for good by
// what they were offered.
func TestWhatAServiceCannotDoWithoutIsNoChoice(t *testing.T) {
	in := first(release.Name, release.Handle, release.Mail, release.MailVerified)
	in.Service.Essential = []string{string(release.Handle)}
	q := consent.Judge(in).Ask
	if q == nil {
		t.Fatal("nothing is asked")
	}
	for _, i := range q.Items {
		if i.Attribute == release.Handle && !i.Required {
			t.Error("the handle can be left out")
		}
		if i.Attribute == release.Mail && i.Required {
			t.Error("the address cannot be left out")
		}
	}
	if slices.Contains(q.Appearances, directory.AppearNone) {
		t.Error("people may appear under no name")
	}
}
