// SPDX-License-Identifier: AGPL-3.0-or-later

package ldapbackend

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/go-ldap/ldap/v3"

	"commonscloud.coop/clau/idp/directory"
)

// Finding is one thing that was looked at, for the operator.
type Finding struct {
	Name string // what was looked at
	OK   bool
	Seen string // what was found, when it is not right
	Do   string // what to do about it
}

// CheckSetup looks whether the directory is prepared for Clau and reports each
// thing it looked at. It stops at the first without which the others mean
// nothing. To see whether uniqueness is enforced it adds an entry and removes
// it again.
func (b *Backend) CheckSetup(ctx context.Context) []Finding {
	checks := []struct {
		name  string
		vital bool
		look  func(context.Context) (seen, do string)
	}{
		{"connection", true, b.checkConnection},
		{"identity", true, b.checkIdentity},
		{"encryption", false, b.checkEncryption},
		{"base", true, b.checkBase},
		{"controls", false, b.checkControls},
		{"schema", true, b.checkSchema},
		{"password policy", false, b.checkPolicy},
		{"acting for people", false, b.checkProxy},
		{"unknown logins", false, b.checkDecoy},
		{"uniqueness", false, b.checkUnique},
		{"access rules", false, b.checkRules},
	}
	var findings []Finding
	for _, c := range checks {
		seen, do := c.look(ctx)
		findings = append(findings, Finding{Name: c.name, OK: seen == "", Seen: seen, Do: do})
		if seen != "" && c.vital {
			break
		}
	}
	return findings
}

func (b *Backend) checkConnection(ctx context.Context) (string, string) {
	_, err := b.rootDSE(ctx, "1.1")
	switch {
	case err == nil:
		return "", ""
	case code(err, ldap.LDAPResultInvalidCredentials):
		return "the server does not know Clau by this name and password", "give cn=idp,ou=system a password, or map the certificate or socket to it"
	case code(err, ldap.LDAPResultConfidentialityRequired):
		return "the server demands encryption", "use ldaps:// or StartTLS"
	}
	return "no server answers: " + cause(err), "see that one of the addresses is right, that the server runs, and that its certificate is of a known authority"
}

// cause is the text of an error for the operator, who may see it.
func cause(err error) string {
	var t translated
	if errors.As(err, &t) {
		return t.cause.Error()
	}
	return err.Error()
}

// checkIdentity catches a certificate or socket that the server lets in but
// takes for somebody else.
func (b *Backend) checkIdentity(ctx context.Context) (string, string) {
	var who string
	err := b.write(ctx, func(c *ldap.Conn) error {
		result, err := c.WhoAmI(nil)
		if err == nil {
			who = result.AuthzID
		}
		return err
	})
	if err != nil {
		return "the server does not tell who Clau is: " + cause(err), "use a server that knows RFC 4532"
	}
	got, gotErr := ldap.ParseDN(strings.TrimPrefix(who, "dn:"))
	want, wantErr := ldap.ParseDN(b.tree.idp())
	if gotErr != nil || wantErr != nil || !got.EqualFold(want) {
		return fmt.Sprintf("Clau is %q there", who), "log in as " + b.tree.idp() + ", or map the certificate or socket to it"
	}
	return "", ""
}

func (b *Backend) checkEncryption(context.Context) (string, string) {
	for _, s := range b.servers {
		if b.config.Dial == nil && s.network == "tcp" && !s.tls && !s.startTLS {
			return s.address + " is reached in clear", "use ldapi://, ldaps:// or StartTLS"
		}
	}
	return "", ""
}

func (b *Backend) checkBase(ctx context.Context) (string, string) {
	do := "load the entries that \"clau directory setup\" prints"
	for _, dn := range []string{b.tree.base, b.tree.people(), b.tree.retired(), b.tree.collectives(), b.tree.keys(), "ou=policies," + b.tree.base} {
		if _, err := b.entry(ctx, dn, "1.1"); err != nil {
			return dn + " cannot be read: " + cause(err), do
		}
	}
	return "", ""
}

func (b *Backend) rootDSE(ctx context.Context, names ...string) (fields, error) {
	entry, err := b.entry(ctx, "", names...)
	return fields{entry}, err
}

// checkControls: a server that lacks one of these cannot carry Clau.
func (b *Backend) checkControls(ctx context.Context) (string, string) {
	dse, err := b.rootDSE(ctx, "supportedControl", "supportedExtension")
	if err != nil {
		return "the root entry cannot be read: " + cause(err), "let everybody read dn.base=\"\""
	}
	for oid, name := range map[string]string{
		proxiedAuthorization:                 "proxied authorization (RFC 4370)",
		assertion:                            "assertion (RFC 4528)",
		ldap.ControlTypePaging:               "paged results (RFC 2696)",
		ldap.ControlTypeSyncRequest:          "content synchronization (RFC 4533): overlay syncprov",
		ldap.ControlTypeBeheraPasswordPolicy: "password policy: overlay ppolicy",
	} {
		if !dse.has("supportedControl", oid) {
			return "the server lacks " + name, "load the configuration that \"clau directory setup\" prints"
		}
	}
	if !dse.has("supportedExtension", passwordModifyOID) {
		return "the server lacks password modification (RFC 3062)", "use a server that has it"
	}
	return "", ""
}

func (b *Backend) checkPolicy(ctx context.Context) (string, string) {
	entry, err := b.entry(ctx, "cn=default,ou=policies,"+b.tree.base, "objectClass", "pwdSafeModify", "pwdLockout")
	switch f := (fields{entry}); {
	case err != nil:
		return "cn=default,ou=policies cannot be read: " + cause(err), "load the entries that \"clau directory setup\" prints"
	case !f.is("pwdPolicy"):
		return "cn=default,ou=policies is no password policy", "add the object class pwdPolicy"
	case f.bool("pwdSafeModify"):
		return "pwdSafeModify is TRUE: no forgotten password can be reset", "set it to FALSE"
	}
	return "", ""
}

// checkProxy asks who it is in the name of a person who does not exist.
func (b *Backend) checkProxy(ctx context.Context) (string, string) {
	controls, err := b.as(directory.As("00000000-0000-0000-0000-000000000000"))
	if err == nil {
		err = b.write(ctx, func(c *ldap.Conn) error {
			_, err := c.WhoAmI(controls)
			return err
		})
	}
	if err != nil {
		return "Clau may not act in the name of people: " + cause(err),
			"set olcAuthzPolicy: to, and authzTo on cn=idp,ou=system, as \"clau directory setup\" prints"
	}
	return "", ""
}

func (b *Backend) checkDecoy(ctx context.Context) (string, string) {
	if !b.decoyReady(ctx) {
		return "cn=nobody,ou=system is missing, or its password cannot be set: Clau hashes by itself instead, and the time of an answer may tell which logins exist",
			"load the entries and access rules that \"clau directory setup\" prints"
	}
	return "", ""
}
