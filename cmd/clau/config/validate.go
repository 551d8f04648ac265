// SPDX-License-Identifier: AGPL-3.0-or-later

package config

import (
	"crypto/tls"
	"net/mail"
	"os"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// rule is one row of the table that a file is held against: what is wrong with
// a key, or nothing.
type rule struct{ key, problem string }

// rules is the table. It looks at files that the configuration names, and at
// nothing beyond this machine.
func (f file) rules(dir string) []rule {
	return slices.Concat(f.generalRules(dir), f.tlsRules(dir), f.directoryRules(dir), f.otherRules(dir))
}

func (f file) generalRules(dir string) []rule {
	rules := []rule{
		{"issuer", issuerProblem(f.Issuer)},
		{"listen", optional(f.Listen, listenProblem)},
		{"secret_file", secretProblem(dir, f.SecretFile)},
		{"data_dir", missing(f.DataDir, "is missing; name a directory that only Clau may read")},
		{"theme_dir", optional(f.ThemeDir, inDir(dir, folderProblem))},
	}
	for _, proxy := range f.TrustedProxies {
		rules = append(rules, rule{"trusted_proxies", prefixProblem(proxy)})
	}
	for _, network := range f.InnerNetworks {
		rules = append(rules, rule{"inner_networks", prefixProblem(network)})
	}
	return rules
}

func (f file) tlsRules(dir string) []rule {
	files := f.TLS.CertFile != "" || f.TLS.KeyFile != ""
	acme := f.TLS.ACME != (acmeTable{})
	https := strings.HasPrefix(f.Issuer, "https:")
	return []rule{
		{"tls", when(https && !files && !acme && len(f.TrustedProxies) == 0,
			"is missing, and the issuer is https: give cert_file and key_file, or [tls.acme], or name in trusted_proxies the proxy that does TLS")},
		{"tls", when(!https && (files || acme), "is for an https issuer; this one is http")},
		{"tls.acme", when(files && acme, "and cert_file exclude each other; keep one of the two")},
		{"tls.cert_file", when(files && f.TLS.CertFile == "", "is missing beside key_file")},
		{"tls.key_file", when(files && f.TLS.KeyFile == "", "is missing beside cert_file")},
		{"tls.cert_file", when(f.TLS.CertFile != "" && f.TLS.KeyFile != "", pairProblem(dir, f.TLS))},
		{"tls.acme.accept_terms", when(acme && !f.TLS.ACME.AcceptTerms, "must be true: read the authority's terms first")},
		{"tls.acme.email", optional(f.TLS.ACME.Email, addressProblem)},
		{"tls.acme.directory_url", optional(f.TLS.ACME.DirectoryURL, schemes("https"))},
	}
}

func (f file) directoryRules(dir string) []rule {
	d := f.Directory
	far := len(d.URLs) > 0
	named := !socketsOnly(d.URLs)
	rules := []rule{
		{"directory.base", when(far && d.Base == "", `is missing; it is the suffix of your directory, as "dc=example,dc=coop"`)},
		{"directory.base", optional(d.Base, baseProblem)},
		{"directory.bind_dn", when(named && d.BindDN == "", `is missing; "clau directory setup" makes "cn=idp,ou=system,<base>"`)},
		{"directory.bind_dn", optional(d.BindDN, dnProblem)},
		{"directory.bind_password_file", when(named && d.BindPasswordFile == "", "is missing; Clau never binds without a password")},
		{"directory.bind_password_file", optional(d.BindPasswordFile, inDir(dir, privateProblem))},
		{"directory.ca_file", optional(d.CAFile, inDir(dir, rootsProblem))},
		{"directory.start_tls", when(d.StartTLS && !far, "is for a directory of your own, and urls names none")},
	}
	for _, u := range d.URLs {
		rules = append(rules, rule{"directory.urls", ldapProblem(u, d.StartTLS)})
	}
	return rules
}

func (f file) otherRules(dir string) []rule {
	return []rule{
		{"contact", optional(f.Contact, bareAddressProblem)},
		{"state.redis_url", optional(f.State.RedisURL, redisProblem)},
		{"state.redis_password_file", optional(f.State.RedisPasswordFile, inDir(dir, privateProblem))},
		{"mail.smtp_url", optional(f.Mail.SMTPURL, smtpProblem)},
		{"mail.from", when(f.Mail.SMTPURL != "" && f.Mail.From == "", "is missing; mail needs a sender")},
		{"mail.from", optional(f.Mail.From, addressProblem)},
		{"mail.alias_domain", optional(f.Mail.AliasDomain, domainProblem)},
		{"mail.password_file", optional(f.Mail.PasswordFile, inDir(dir, privateProblem))},
		{"log.level", optional(f.Log.Level, oneOf("debug", "info", "warn", "error"))},
		{"log.format", optional(f.Log.Format, oneOf("text", "json"))},
		{"metrics.listen", optional(f.Metrics.Listen, listenProblem)},
	}
}

func when(bad bool, problem string) string {
	if bad {
		return problem
	}
	return ""
}

func missing(value, problem string) string { return when(value == "", problem) }

// optional asks only about a key that is set.
func optional(value string, problem func(string) string) string {
	if value == "" {
		return ""
	}
	return problem(value)
}

// inDir asks about a file that is named relative to the configuration.
func inDir(dir string, problem func(string) string) func(string) string {
	return func(name string) string { return problem(beside(dir, name)) }
}

func oneOf(words ...string) func(string) string {
	return func(value string) string {
		return when(!slices.Contains(words, value), "is "+strconv.Quote(value)+", and may be "+strings.Join(words, ", "))
	}
}

// domainName is a name of the DNS with at least one dot (RFC 1123 section 2.1).
var domainName = regexp.MustCompile(`^([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$`)

func domainProblem(value string) string {
	if len(value) > 200 || !domainName.MatchString(value) {
		return `is not the name of a domain, as "alies.example.coop"`
	}
	return ""
}

// bareAddressProblem wants an address alone, as documents for programs hold it.
func bareAddressProblem(value string) string {
	read, err := mail.ParseAddress(value)
	return when(err != nil || read.Address != value, `is not an address of mail, as "admin@example.coop"`)
}

func addressProblem(value string) string {
	_, err := mail.ParseAddress(value)
	return when(err != nil, "is not a mail address")
}

func secretProblem(dir, name string) string {
	if name == "" {
		return `is missing; "clau init" makes one`
	}
	return privateProblem(beside(dir, name))
}

// privateProblem looks at a file with a secret in it, which only its owner may
// read: a secret that others can read is theirs too.
func privateProblem(name string) string {
	info, err := os.Stat(name)
	if err != nil {
		return "names " + name + ", which cannot be read: " + plain(err)
	}
	if info.Mode().Perm()&0o077 != 0 {
		return "names " + name + ", which others may read; do: chmod 600 " + name
	}
	return ""
}

func folderProblem(name string) string {
	info, err := os.Stat(name)
	if err != nil {
		return "names " + name + ", which cannot be read: " + plain(err)
	}
	return when(!info.IsDir(), "names "+name+", which is not a directory")
}

func rootsProblem(name string) string {
	_, problem := readRoots(name)
	return problem
}

func pairProblem(dir string, t tlsTable) string {
	if t.CertFile == "" || t.KeyFile == "" {
		return ""
	}
	_, err := tls.LoadX509KeyPair(beside(dir, t.CertFile), beside(dir, t.KeyFile))
	return when(err != nil, "and key_file cannot be used: "+plain(err))
}
