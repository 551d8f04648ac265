// SPDX-License-Identifier: AGPL-3.0-or-later

package consent

import (
	"cmp"
	"slices"

	"commonscloud.coop/clau/idp/directory"
)

// receiptsMax is how many receipts are kept with a consent.
const receiptsMax = 20

// Note returns the consent to be written where nobody is asked (see
// [Verdict.Record]): nothing personal leaves, or the assembly agreed. The
// service is then on the person's list, and the names it knows an anonymous
// person by are reserved.
func Note(in Input) (directory.Consent, error) {
	m := hear(&in)
	v := m.judge()
	switch {
	case v.Refused != nil:
		return directory.Consent{}, v.Refused
	case !v.Record:
		return directory.Consent{}, ErrNothingAsked
	}
	found, as := m.findings(), m.appearance()
	c := m.known
	c.Person, c.Service, c.State, c.LastUsed = m.Person.ID, m.Service.ID, directory.Active, m.Now
	if !c.Asked {
		c.Collective, c.Decided, c.Appearance = m.through, m.Now, as
		c.Allowed, c.Groups = agreedNames(found), m.groups(found)
	}
	if as == directory.AppearPseudonym {
		c.Pseudonym = cmp.Or(c.Pseudonym, m.Names.Pseudonym)
	}
	if err := m.name(&c, as, agreedNames(found)); err != nil {
		return directory.Consent{}, err
	}
	return c, nil
}

// WithReceipt adds a receipt, the newest first, and lets the oldest go.
func WithReceipt(c directory.Consent, receipt string) directory.Consent {
	c.Receipts = slices.Insert(slices.Clone(c.Receipts), 0, receipt)
	c.Receipts = c.Receipts[:min(len(c.Receipts), receiptsMax)]
	return c
}
