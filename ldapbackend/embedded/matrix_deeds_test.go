// SPDX-License-Identifier: AGPL-3.0-or-later

package embedded_test

import (
	"slices"
	"strings"

	"github.com/go-ldap/ldap/v3"
)

// deeds are all that the table speaks of, by kind and name.
func deeds() map[string]attempt {
	all := map[string]attempt{}
	for kind, list := range map[string]map[string]attempt{
		"person": personDeeds(), "suspended": stateDeeds(who("suspended")), "manager": stateDeeds(who("manager")),
		"leaver": stateDeeds(who("leaver")), "elsewhere": stateDeeds(who("elsewhere")),
		"registration": registrationDeeds(), "wish": wishDeeds(), "proposal": proposalDeeds(),
		"dismissal":  {"read": reads("cn=dismiss.manager,ou=requests" + inC), "agree": agrees("cn=dismiss.manager,ou=requests" + inC)},
		"settings":   {"agree": agrees("cn=settings.manager,ou=requests" + inC)},
		"invitation": invitationDeeds(), "members": memberDeeds(), "access": accessDeeds(),
		"other access": {"admit": addsTo("cn=agora,ou=access"+inC, "member", who("elsewhere"))},
		"false access": {"admit": addsTo("cn=false,ou=access"+inC, "member", who("elsewhere"))},
		"guest access": {"admit": addsTo("cn=wiki,ou=access"+inD, "member", who("elsewhere"))},
		"service":      serviceDeeds(), "provider": providerDeeds(), "forum": forumDeeds(), "proxied": proxiedDeeds(), "collective": collectiveDeeds(), "consent": consentDeeds(),
		"key": keyDeeds(), "policy": policyDeeds(), "retired": retiredDeeds(),
	} {
		for name, a := range list {
			all[kind+": "+name] = a
		}
	}
	return all
}

// reads looks at one entry.
func reads(dn string) attempt { return looksFor(dn, ldap.ScopeBaseObject, dn) }

// finds meets it in a search of everything.
func finds(dn string) attempt { return looksFor(base, ldap.ScopeWholeSubtree, dn) }

func looksFor(in string, scope int, dn string) attempt {
	return attempt{try: func(v visit) error {
		r, err := v.conn.Search(ldap.NewSearchRequest(in, scope, 0, 0, 0, false, "(objectClass=*)", []string{"1.1"}, v.controls))
		if err != nil {
			return err
		}
		for _, e := range r.Entries {
			if e.DN == dn {
				return nil
			}
		}
		return ldap.NewError(ldap.LDAPResultNoSuchObject, nil)
	}}
}

// seesAny reads any of some attributes, or learns of them by a filter.
func seesAny(dn string, names ...string) attempt {
	return attempt{try: func(v visit) error {
		for _, filter := range []string{"(objectClass=*)", "(|(" + strings.Join(names, "=*)(") + "=*))"} {
			r, err := v.conn.Search(ldap.NewSearchRequest(dn, ldap.ScopeBaseObject, 0, 0, 0, false, filter, names, v.controls))
			if err != nil {
				return err
			}
			for _, e := range r.Entries {
				if len(e.Attributes) > 0 || filter != "(objectClass=*)" {
					return nil
				}
			}
		}
		return ldap.NewError(ldap.LDAPResultNoSuchObject, nil)
	}}
}

func secretsOf(dn string) attempt {
	return seesAny(dn, "userPassword", "clauSecretHash", "clauSubject", "clauReserved", "clauPseudonymSeed", "clauSealedSecret")
}

// modifies changes one entry.
func modifies(dn string, f func(m *ldap.ModifyRequest, v visit)) attempt {
	return attempt{
		try: func(v visit) error {
			m := ldap.NewModifyRequest(dn, v.controls)
			f(m, v)
			return v.conn.Modify(m)
		},
		touched: func(visit) []string { return []string{dn} },
	}
}

func sets(dn, name string, values ...string) attempt {
	return modifies(dn, func(m *ldap.ModifyRequest, _ visit) { m.Replace(name, values) })
}

func addsTo(dn, name, value string) attempt {
	return modifies(dn, func(m *ldap.ModifyRequest, _ visit) { m.Add(name, []string{value}) })
}

func drops(dn, name string, values ...string) attempt {
	return modifies(dn, func(m *ldap.ModifyRequest, _ visit) { m.Delete(name, values) })
}

func swaps(dn, name, old, fresh string) attempt {
	return modifies(dn, func(m *ldap.ModifyRequest, _ visit) {
		m.Delete(name, []string{old})
		m.Add(name, []string{fresh})
	})
}

// agrees adds the actor's own voice.
func agrees(dn string) attempt {
	return modifies(dn, func(m *ldap.ModifyRequest, v visit) { m.Add("clauAgreedBy", []string{v.who}) })
}

// makes adds an entry; "@" in DN and values is the id of the actor, and "@@"
// the DN.
func makes(dn string, pairs ...string) attempt {
	expand := func(v visit, s string) string {
		id := strings.TrimSuffix(strings.TrimPrefix(v.who, "clauId="), ","+people)
		if !strings.HasPrefix(v.who, "clauId=") {
			id = "program"
		}
		return strings.NewReplacer("@@", "clauId="+id+","+people, "@", id).Replace(s)
	}
	return attempt{
		try: func(v visit) error {
			add := ldap.NewAddRequest(expand(v, dn), v.controls)
			for i := 0; i < len(pairs); i += 2 {
				add.Attribute(pairs[i], []string{expand(v, pairs[i+1])})
			}
			return v.conn.Add(merge(add))
		},
		touched: func(v visit) []string { return []string{expand(v, dn)} },
	}
}

func removes(dn string) attempt {
	return attempt{
		try:     func(v visit) error { return v.conn.Del(ldap.NewDelRequest(dn, v.controls)) },
		touched: func(visit) []string { return []string{dn} },
	}
}

func renames(dn, rdn string) attempt {
	_, parent, _ := strings.Cut(dn, ",")
	return attempt{
		try: func(v visit) error {
			return v.conn.ModifyDN(ldap.NewModifyDNWithControlsRequest(dn, rdn, true, "", v.controls))
		},
		touched: func(visit) []string { return []string{rdn + "," + parent, dn} },
	}
}

// stateDeeds are what the managers of a person's collective might do to them.
func stateDeeds(dn string) map[string]attempt {
	all := map[string]attempt{
		"read":          reads(dn),
		"suspend":       swaps(dn, "clauState", "active", "suspended"),
		"give a reason": sets(dn, "clauReason", "x"),
		"raise epoch":   modifies(dn, func(m *ldap.ModifyRequest, _ visit) { m.Increment("clauTokenEpoch", "1") }),
	}
	switch dn {
	case who("suspended"):
		return map[string]attempt{"read": all["read"], "restore": swaps(dn, "clauState", "suspended", "active"),
			"erase": swaps(dn, "clauState", "suspended", "retired")}
	case who("elsewhere"):
		return map[string]attempt{"read": all["read"], "suspend": all["suspend"], "write profile": sets(dn, "displayName", "x")}
	case who("leaver"):
		all["suspend"] = swaps(dn, "clauState", "retired", "suspended")
		all["restore"] = swaps(dn, "clauState", "retired", "active")
		all["restore by replacing"] = sets(dn, "clauState", "active")
	}
	return all
}

func personDeeds() map[string]attempt {
	dn := who("self")
	all := stateDeeds(dn)
	for name, a := range map[string]attempt{
		"find":                 finds(dn),
		"see secrets":          secretsOf(dn),
		"add":                  makes("clauId=new,"+people, "objectClass", "inetOrgPerson", "objectClass", "clauAccount", "clauId", "new", "clauState", "active", "uid", "new", "cn", "new", "sn", "new"),
		"write profile":        sets(dn, "displayName", "x"),
		"write address":        sets(dn, "mail", "x@example.org"),
		"write login":          sets(dn, "uid", "queen"),
		"suspend by replacing": sets(dn, "clauState", "suspended"),
		"erase":                sets(dn, "clauState", "retired"),
		"lift expiry":          sets(dn, "clauExpires", "20300101000000Z"),
		"change collective":    sets(dn, "clauPrimaryCollective", "ou=d,ou=collectives,"+base),
		"set code":             sets(dn, "clauSecretHash", "x"),
		"set epoch":            sets(dn, "clauTokenEpoch", "2"),
		"raise epoch by more":  modifies(dn, func(m *ldap.ModifyRequest, _ visit) { m.Increment("clauTokenEpoch", "2") }),
		"reserve identifier":   addsTo(dn, "clauSubject", "sub|y|z"),
		"set password":         sets(dn, "userPassword", "una clau ben llarga"),
		"delete":               removes(dn),
		"rename":               renames(dn, "clauId=other"),
	} {
		all[name] = a
	}
	return all
}

func registrationDeeds() map[string]attempt {
	dn := "clauId=newcomer,ou=registrations" + inC
	return map[string]attempt{
		"read": reads(dn), "find": finds(dn), "see secrets": secretsOf(dn),
		"add": makes("clauId=new,ou=registrations"+inC, "objectClass", "inetOrgPerson", "objectClass", "clauAccount", "clauId", "new",
			"clauState", "pendingApproval", "uid", "new", "cn", "new", "sn", "new"),
		"deny":              sets(dn, "clauState", "denied"),
		"activate":          sets(dn, "clauState", "active"),
		"prove address":     addsTo(dn, "clauMailVerified", "x@example.org"),
		"set code":          sets(dn, "clauSecretHash", "x"),
		"ask":               sets(dn, "clauDialogue", "[]"),
		"agree":             agrees(dn),
		"agree for another": addsTo(dn, "clauAgreedBy", who("elsewhere")),
		"prolong":           sets(dn, "clauExpires", "20300101000000Z"),
		"delete":            removes(dn),
		"rename":            renames(dn, "clauId=other"),
	}
}

// wish is what somebody writes who wants to be at home in c.
func wish(also ...string) []string {
	return append([]string{"objectClass", "clauRequest", "objectClass", "clauCase", "clauId", "w-@", "clauWords", "x",
		"clauCreated", "20261101090000Z", "clauExpires", "20261201090000Z"}, also...)
}

func wishDeeds() map[string]attempt {
	dn, below := "cn=join.self,ou=requests"+inC, ",ou=requests"+inC
	own := wish("clauKind", "home", "cn", "home.@", "clauPerson", "@@")
	return map[string]attempt{
		"read": reads(dn), "find": finds(dn),
		"add":                    makes("cn=home.@"+below, own...),
		"add for another":        makes("cn=home.elsewhere"+below, wish("clauKind", "home", "cn", "home.elsewhere", "clauPerson", who("elsewhere"))...),
		"add in another's place": makes("cn=home.elsewhere"+below, wish("clauKind", "home", "cn", "home.elsewhere", "clauPerson", "@@")...),
		"add as agreed to":       makes("cn=home.@"+below, with(own, "clauAgreedBy", "@@")...),
		"add as an account":      makes("cn=home.@"+below, with(own, "objectClass", "clauAccount", "clauState", "active")...),
		"add as a proposal":      makes("cn=appoint.@"+below, wish("clauKind", "appoint", "cn", "appoint.@", "clauPerson", "@@")...),
		"add under a false name": makes("cn=appoint.@"+below, wish("clauKind", "join", "cn", "appoint.@", "clauPerson", "@@")...),
		"add as denied":          makes("cn=home.@"+below, with(own, "clauReason", "x")...),
		"say":                    sets(dn, "clauDialogue", "[]"),
		"agree":                  agrees(dn),
		"agree for another":      addsTo(dn, "clauAgreedBy", who("elsewhere")),
		"prolong":                sets(dn, "clauExpires", "20300101000000Z"),
		"make another's":         sets(dn, "clauPerson", who("elsewhere")),
		"make another kind":      sets(dn, "clauKind", "suspend"),
		"delete":                 removes(dn),
		"rename":                 renames(dn, "cn=join.other"),
	}
}

func proposalDeeds() map[string]attempt {
	dn, below := "cn=suspend.self,ou=requests"+inC, ",ou=requests"+inC
	about := []string{"objectClass", "clauRequest", "objectClass", "clauCase", "clauId", "p-@", "clauKind", "appoint", "cn", "appoint.self",
		"clauPerson", who("self"), "clauWords", "x", "clauReason", "x", "clauUntil", "20261201090000Z", "clauCreated", "20261101090000Z", "clauExpires", "20261201090000Z"}
	return map[string]attempt{
		"read": reads(dn), "find": finds(dn),
		"add":                 makes("cn=appoint.self"+below, with(about, "clauOpenedBy", "@@", "clauAgreedBy", "@@")...),
		"add for another":     makes("cn=appoint.self"+below, with(about, "clauOpenedBy", who("elsewhere"))...),
		"add another's voice": makes("cn=appoint.self"+below, with(about, "clauOpenedBy", "@@", "clauAgreedBy", who("elsewhere"))...),
		"say":                 sets(dn, "clauDialogue", "[]"),
		"agree":               agrees(dn),
		"agree for another":   addsTo(dn, "clauAgreedBy", who("elsewhere")),
		"silence":             drops(dn, "clauAgreedBy", who("member")),
		"replace voices":      modifies(dn, func(m *ldap.ModifyRequest, v visit) { m.Replace("clauAgreedBy", []string{v.who}) }),
		"make another's":      sets(dn, "clauPerson", who("elsewhere")),
		"delete":              removes(dn),
		"rename":              renames(dn, "cn=suspend.other"),
	}
}

func invitationDeeds() map[string]attempt {
	dn, below := "clauId=invitation,ou=requests"+inC, ",ou=requests"+inC
	fresh := []string{"objectClass", "clauInvitation", "clauId", "i-@", "clauSecretHash", "x", "clauCounter", "2", "clauWords", "x",
		"clauMailPending", "x@example.org", "clauCreated", "20261101090000Z", "clauExpires", "20261201090000Z"}
	return map[string]attempt{
		"read": reads(dn), "find": finds(dn), "see secrets": secretsOf(dn),
		"add":               makes("clauId=i-@"+below, with(fresh, "clauOpenedBy", "@@")...),
		"add for another":   makes("clauId=i-@"+below, with(fresh, "clauOpenedBy", who("elsewhere"))...),
		"add as an account": makes("clauId=i-@"+below, with(fresh, "clauOpenedBy", "@@", "objectClass", "clauAccount", "clauState", "active")...),
		"use":               modifies(dn, func(m *ldap.ModifyRequest, _ visit) { m.Increment("clauCounter", "-1") }),
		"set counter":       sets(dn, "clauCounter", "99"),
		"replace secret":    sets(dn, "clauSecretHash", "x"),
		"say otherwise":     sets(dn, "clauExpires", "20300101000000Z"),
		"delete":            removes(dn),
		"rename":            renames(dn, "clauId=other"),
	}
}

func memberDeeds() map[string]attempt {
	dn := "cn=members" + inC
	return map[string]attempt{
		"read": reads(dn), "see members": seesAny(dn, "member"),
		"admit":   addsTo(dn, "member", who("elsewhere")),
		"dismiss": drops(dn, "member", who("member")),
		"add":     makes("cn=others"+inC, "objectClass", "groupOfMembers", "cn", "others"),
		"delete":  removes(dn),
		"rename":  renames(dn, "cn=others"),
	}
}

func accessDeeds() map[string]attempt {
	dn := "cn=wiki,ou=access" + inC
	return map[string]attempt{
		"read": reads(dn), "see members": seesAny(dn, "member"),
		"admit":          addsTo(dn, "member", who("elsewhere")),
		"dismiss":        drops(dn, "member", who("self")),
		"change service": sets(dn, "clauServiceId", "s2"),
		"add": makes("cn=wiki--x,ou=access"+inC, "objectClass", "groupOfMembers", "objectClass", "clauGroup", "cn", "wiki--x",
			"clauService", "cn=wiki,ou=services"+inC, "clauServiceId", "s1", "clauRole", "x", "member", "@@"),
		"delete": removes(dn),
		"rename": renames(dn, "cn=other"),
	}
}

func serviceDeeds() map[string]attempt {
	dn := "cn=wiki,ou=services" + inC
	return map[string]attempt{
		"read": reads(dn), "see secrets": secretsOf(dn),
		"add": makes("cn=new,ou=services"+inC, "objectClass", "clauServiceEntry", "cn", "new", "clauId", "new",
			"clauState", "active", "clauAccessPolicy", "public"),
		"redirect":   addsTo(dn, "clauRedirectURI", "https://x.example"),
		"appoint":    modifies(dn, func(m *ldap.ModifyRequest, v visit) { m.Add("clauManager", []string{who("elsewhere")}) }),
		"set secret": sets(dn, "clauSecretHash", "x"),
		"delete":     removes(dn),
		"rename":     renames(dn, "cn=other"),

		"see metadata": seesAny(dn, "clauMetadata"),
		"set metadata": sets(dn, "clauMetadata", "{}"),
		"show logo":    sets(dn, "clauLogo", "x"),
		"speak otherwise": modifies(dn, func(m *ldap.ModifyRequest, _ visit) {
			m.Add("objectClass", []string{"clauSAMLProvider"})
			m.Add("clauEntityId", []string{"https://x.example"})
		}),
	}
}

func providerDeeds() map[string]attempt {
	dn := "cn=saml,ou=services" + inC
	return map[string]attempt{
		"read":         reads(dn),
		"see metadata": seesAny(dn, "clauSAMLMetadata", "clauMetadata"),
		"be another":   sets(dn, "clauEntityId", "https://x.example"),
		"set metadata": sets(dn, "clauSAMLMetadata", "<EntityDescriptor entityID='x'/>"),
	}
}

func forumDeeds() map[string]attempt {
	dn := "cn=forum,ou=services" + inC
	return map[string]attempt{
		"read": reads(dn), "see secrets": secretsOf(dn),
		"set secret": sets(dn, "clauSealedSecret", "x"),
		"redirect":   addsTo(dn, "clauRedirectURI", "https://x.example"),
	}
}

func proxiedDeeds() map[string]attempt {
	dn := "cn=grafana,ou=services" + inC
	return map[string]attempt{
		"read": reads(dn), "see secrets": secretsOf(dn), "see metadata": seesAny(dn, "clauMetadata"),
		"set secret": sets(dn, "clauSecretHash", "x"),
		"open":       sets(dn, "clauMetadata", `{"rules":[{"prefix":"/","open":true}]}`),
	}
}

func collectiveDeeds() map[string]attempt {
	dn := inC[1:]
	return map[string]attempt{
		"read":         reads(dn),
		"present":      sets(dn, "displayName", "x"),
		"decide how":   sets(dn, "clauSettings", "{}"),
		"write policy": sets(dn, "clauPolicy", "{}"),
		"show logo":    sets(dn, "clauLogo", "x"),

		"see registrars": seesAny(dn, "clauRegistrars"),
		"let register":   sets(dn, "clauRegistrars", "[{}]"),

		"appoint": addsTo(dn, "clauManager", who("elsewhere")),
		"suspend": sets(dn, "clauState", "suspended"),
		"add": makes("ou=new,ou=collectives,"+base, "objectClass", "organizationalUnit", "objectClass", "clauCollectiveUnit",
			"ou", "new", "clauId", "new", "clauState", "active", "clauManager", "@@"),
		"delete": removes(dn),
		"rename": renames(dn, "ou=other"),
	}
}

func consentDeeds() map[string]attempt {
	dn := "clauServiceId=s1," + who("self")
	return map[string]attempt{
		"read": reads(dn), "find": finds(dn),
		"stop":  sets(dn, "clauState", "suspended"),
		"widen": sets(dn, "clauRelease", "mail", "uid"),
		"add": makes("clauServiceId=s2,"+who("self"), "objectClass", "clauConsent", "clauServiceId", "s2",
			"clauState", "active", "clauCreated", "20261101090000Z"),
		"delete": removes(dn),
		"rename": renames(dn, "clauServiceId=s3"),
	}
}

func keyDeeds() map[string]attempt {
	dn := "clauId=key,ou=keys," + base
	return map[string]attempt{
		"read": reads(dn), "see secrets": secretsOf(dn),
		"add": makes("clauId=new,ou=keys,"+base, "objectClass", "clauKey", "clauId", "new", "clauAlgorithm", "ES256",
			"clauState", "active", "clauSealedSecret", "x"),
		"retire": sets(dn, "clauState", "expired"),
		"delete": removes(dn),
		"rename": renames(dn, "clauId=other"),
	}
}

func policyDeeds() map[string]attempt {
	dn := "cn=default,ou=policies," + base
	return map[string]attempt{"read": reads(dn), "weaken": sets(dn, "pwdMinLength", "1"), "delete": removes(dn)}
}

func retiredDeeds() map[string]attempt {
	dn := "cn=2026,ou=retired," + base
	return map[string]attempt{
		"read": reads(dn), "find": finds(dn), "see secrets": secretsOf(dn),
		"free":   sets(dn, "clauReserved"),
		"add":    makes("cn=2027,ou=retired,"+base, "objectClass", "clauReservations", "cn", "2027"),
		"delete": removes(dn),
	}
}

// with copies: several deeds go on from the same beginning.
func with(pairs []string, more ...string) []string { return slices.Concat(pairs, more) }
