// SPDX-License-Identifier: AGPL-3.0-or-later

package ldapbackend

import (
	"context"
	"encoding/hex"
	"errors"
	"io"
	"slices"
	"time"

	"github.com/go-ldap/ldap/v3"

	"commonscloud.coop/clau/idp/directory"
)

// checkRules makes a collective that is closed, with a manager who does not
// exist, and tries in the name of that manager what she must be able to do, and
// what must be refused to her. It takes everything away again.
func (b *Backend) checkRules(ctx context.Context) (string, string) {
	mark := make([]byte, 8)
	if _, err := io.ReadFull(b.config.Rand, mark); err != nil {
		return "no randomness: " + err.Error(), "see to the machine"
	}
	p := ruleProbe{b, directory.CollectiveName("check-" + hex.EncodeToString(mark)), "check-manager", "check-nobody"}
	defer p.clear(context.WithoutCancel(ctx))
	if seen := p.rights(ctx); seen != "" {
		return seen, upgrading
	}
	if seen := p.order(ctx); seen != "" {
		return seen, upgrading
	}
	return "", ""
}

// ruleProbe is what a check of the access rules leaves for a moment.
type ruleProbe struct {
	*Backend
	unit     directory.CollectiveName
	manager  directory.PersonID
	somebody directory.PersonID
}

func (p ruleProbe) clear(ctx context.Context) {
	_ = p.deleteTree(ctx, directory.System(), p.tree.collective(p.unit))
	for _, dn := range p.kept() {
		_ = p.delete(ctx, directory.System(), dn)
	}
}

// rights looks for what only the newest rules give, and for what they refuse
// though older ones, or a database without olcAddContentAcl, would let it pass.
func (p ruleProbe) rights(ctx context.Context) string {
	unit := directory.Collective{
		ID: string(p.unit), Name: p.unit, Title: "setup check", State: directory.Deleted,
		Managers: []directory.PersonID{p.manager}, Created: p.config.Now(),
	}
	if err := p.AddCollective(ctx, directory.System(), unit); err != nil {
		return "a collective cannot be added: " + cause(err)
	}
	settings := ldap.NewModifyRequest(p.tree.collective(p.unit), nil)
	replace(settings, "clauSettings", "{}")
	replace(settings, "clauRegistrars", "[]")
	err := p.modify(ctx, directory.As(p.manager), settings)
	if code(err, ldap.LDAPResultAuthorizationDenied) {
		return "" // which has been said under "acting for people"
	}
	if err != nil {
		return "a manager cannot write the settings of her collective: " + cause(err)
	}
	if err := p.propose(ctx, p.somebody); !errors.Is(err, directory.ErrRefused) {
		return "a manager can agree in the name of another" + otherwise(err)
	}
	if err := p.propose(ctx, p.manager); err != nil {
		return "a manager cannot propose anything to the others: " + cause(err)
	}
	return ""
}

// propose adds a case in the name of the manager, with somebody's voice.
func (p ruleProbe) propose(ctx context.Context, voice directory.PersonID) error {
	c := directory.Case{
		ID: directory.CaseID(p.unit), Kind: directory.CaseSuspend, Collective: p.unit, Person: p.somebody, By: p.manager,
		Agreed: []directory.PersonID{voice}, Created: p.config.Now(), Expires: p.config.Now().Add(time.Hour),
	}
	return p.add(ctx, directory.As(p.manager), p.tree.request(c.Collective, c.Kind, c.Person), p.tree.requestEntry(c))
}

func (p ruleProbe) kept() []string {
	return []string{"cn=" + string(p.unit) + "," + p.tree.retired(), "cn=" + string(p.unit) + "-2," + p.tree.retired()}
}

// order looks whether what is kept of the erased is sorted, and on one entry.
func (p ruleProbe) order(ctx context.Context) string {
	last, first := claim("z"+string(p.unit)), claim("a"+string(p.unit))
	if last < first {
		last, first = first, last
	}
	if err := p.keepAs(ctx, p.kept()[0], last, first); err != nil {
		return "what is kept of the erased cannot be added: " + cause(err)
	}
	entry, err := p.entry(ctx, p.kept()[0], "clauReserved")
	if err != nil {
		return "what is kept of the erased cannot be read: " + cause(err)
	}
	if !slices.IsSorted(fields{entry}.texts("clauReserved")) {
		return "what is kept of the erased is in the order of its coming, and shows what was one person's"
	}
	if err := p.keepAs(ctx, p.kept()[1], first); !code(err, ldap.LDAPResultConstraintViolation) {
		return "what is kept of the erased can be somebody's again" + otherwise(err)
	}
	return ""
}

func (p ruleProbe) keepAs(ctx context.Context, dn string, digests ...string) error {
	var a attributes
	a.set("objectClass", "clauReservations")
	a.set("cn", p.tree.place(dn).name)
	a.set("clauReserved", digests...)
	return p.add(ctx, directory.System(), dn, a)
}
