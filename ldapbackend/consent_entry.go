// SPDX-License-Identifier: AGPL-3.0-or-later

package ldapbackend

import (
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/go-ldap/ldap/v3"

	"commonscloud.coop/clau/idp/directory"
)

func consentAttributes() []string {
	return []string{
		"objectClass", "clauServiceId", "clauState", "clauCreated", "clauExpires", "clauLastUsed", "clauRelease",
		"clauMetadata", "clauReceipt", "entryCSN",
	}
}

// consentTail is what nobody looks a consent up by: clauMetadata, as JSON.
type consentTail struct {
	Collective directory.CollectiveName   `json:"collective,omitempty"`
	Appearance directory.Appearance       `json:"appearance,omitempty"`
	Pseudonym  string                     `json:"pseudonym,omitempty"`
	Declined   []string                   `json:"declined,omitempty"`
	Groups     []directory.CollectiveName `json:"groups,omitempty"`
	Shown      string                     `json:"shown,omitempty"`
	Values     map[string]string          `json:"values,omitempty"`
	Asked      bool                       `json:"asked,omitempty"`
	Identity   int                        `json:"identity,omitempty"`
	Subject    string                     `json:"subject,omitempty"`
	Handle     string                     `json:"handle,omitempty"`
	Alias      string                     `json:"alias,omitempty"`
}

// tailMax bounds clauMetadata, in bytes.
const tailMax = 64 << 10

func (t tree) consentOf(entry *ldap.Entry) (directory.Consent, error) {
	f, p := fields{entry}, t.place(entry.DN)
	c := directory.Consent{
		Person:   p.person,
		Service:  directory.ServiceID(p.name),
		State:    directory.State(f.text("clauState")),
		Allowed:  slices.Sorted(slices.Values(f.texts("clauRelease"))),
		Decided:  f.time("clauCreated"),
		Expires:  f.time("clauExpires"),
		LastUsed: f.time("clauLastUsed"),
		Version:  f.text("entryCSN"),
	}
	var tail consentTail
	if raw := f.bytes("clauMetadata"); len(raw) > 0 {
		if err := json.Unmarshal(raw, &tail); err != nil {
			return directory.Consent{}, refuse(directory.ErrInvalid, "clauMetadata: %w", err)
		}
	}
	tail.into(&c)
	var err error
	c.Receipts, err = parseReceipts(f.texts("clauReceipt"))
	return c, err
}

func (t consentTail) into(c *directory.Consent) {
	c.Collective, c.Appearance, c.Pseudonym = t.Collective, t.Appearance, t.Pseudonym
	c.Declined, c.Groups, c.Shown, c.Values, c.Asked = t.Declined, t.Groups, t.Shown, t.Values, t.Asked
	c.Identity, c.Subject, c.Handle, c.Alias = t.Identity, t.Subject, t.Handle, t.Alias
}

func tailOf(c directory.Consent) consentTail {
	return consentTail{
		Collective: c.Collective, Appearance: c.Appearance, Pseudonym: c.Pseudonym,
		Declined: set(c.Declined), Groups: set(c.Groups), Shown: c.Shown, Values: c.Values, Asked: c.Asked,
		Identity: c.Identity, Subject: c.Subject, Handle: c.Handle, Alias: c.Alias,
	}
}

// set sorts a list and leaves out what is there twice.
func set[T ~string](list []T) []T {
	return slices.Compact(slices.Sorted(slices.Values(list)))
}

// consentEntry holds every attribute that Clau writes of a consent; those
// without a value are empty, so that a replacement removes them.
func consentEntry(c directory.Consent) (attributes, error) {
	tail, err := json.Marshal(tailOf(c))
	if err != nil || len(tail) > tailMax {
		return nil, refuse(directory.ErrInvalid, "a consent of %d bytes: %w", len(tail), err)
	}
	return attributes{
		{"clauState", []string{string(c.State)}},
		{"clauCreated", []string{formatTime(c.Decided)}},
		{"clauExpires", []string{formatTime(c.Expires)}},
		{"clauLastUsed", []string{formatTime(c.LastUsed)}},
		{"clauRelease", set(c.Allowed)},
		{"clauMetadata", []string{string(tail)}},
		{"clauReceipt", formatReceipts(c.Receipts)},
	}, nil
}

// The values of an attribute have no order (RFC 4512 section 2.2), so each
// receipt carries its rank: "0:<JWS>", the newest first.
func formatReceipts(receipts []string) []string {
	var values []string
	for i, r := range receipts[:min(len(receipts), directory.ReceiptsMax)] {
		values = append(values, fmt.Sprintf("%d:%s", i, r))
	}
	return values
}

func parseReceipts(values []string) ([]string, error) {
	type ranked struct {
		rank    int
		receipt string
	}
	var list []ranked
	for _, v := range values {
		head, receipt, _ := strings.Cut(v, ":")
		rank, err := strconv.Atoi(head)
		if err != nil || receipt == "" {
			return nil, refuse(directory.ErrInvalid, "clauReceipt is not rank and receipt")
		}
		list = append(list, ranked{rank, receipt})
	}
	slices.SortFunc(list, func(x, y ranked) int { return x.rank - y.rank })
	var receipts []string
	for _, r := range list {
		receipts = append(receipts, r.receipt)
	}
	return receipts, nil
}
