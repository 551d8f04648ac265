// SPDX-License-Identifier: AGPL-3.0-or-later

package themes

// bressola is how the pages of a collective look.
func bressola() Branding {
	return Branding{Title: "La Bressola", Colour: "#8a2b4a", Logo: "/logo/bressola.svg"}
}

func cloudService() ServiceView {
	return ServiceView{
		Title: "El Núvol", Description: "Fitxers, calendaris i documents en comú", Collective: "CommonsCloud",
		URL: "https://nuvol.commons.example/", Host: "nuvol.commons.example",
	}
}

func consentStories() []story {
	frame := Frame{Here: "/login/consent?handle=abc", Person: "Marta Puig i Ferrer", Branding: bressola(), Reference: "7F3K-Q2"}
	stale := firstConsent()
	stale.Error = "consent.stale"
	return []story{
		{"consent", frame, firstConsent()},
		{"consent-stale", frame, stale},
		{"consent-more", frame, moreConsent()},
		{"consent-anonymous", Frame{Here: "/login/consent", Person: "Òliba", Branding: bressola()}, anonymousConsent()},
		{"consent-value", Frame{Here: "/login/consent", Person: "Pau Roca", Branding: Branding{Title: "Som Camí", Colour: "#ffd400"}}, valueConsent()},
	}
}

func firstConsent() Consent {
	return Consent{
		Action: "/login/consent", Fields: []Field{{"handle", "abc"}, {"token", "tok"}}, Service: cloudService(), Through: "La Bressola",
		Intro:   "A La Bressola hem triat eines que són nostres. Comparteix només el que vulguis: ningú no hi perd per callar.",
		Purpose: "Guardar i treballar plegats els documents de la cooperativa.",
		Privacy: "https://bressola.example/privacitat", Why: "first", Until: "22 de novembre de 2027",
		Items: []ConsentItem{
			{Attribute: "name", Value: "Marta Puig i Ferrer", Follows: true, Purpose: "Perquè la resta sàpiga amb qui comparteix un document.", Keep: "Mentre hi tinguis el compte, i 30 dies més.", Ticked: true, New: true},
			{Attribute: "preferred_username", Value: "marta", Follows: true, Purpose: "Per reconèixer-te entre visita i visita.", Keep: "Mentre hi tinguis el compte.", Required: true, Ticked: true, New: true},
			{Attribute: "email", Value: "marta.puig.i.ferrer@correu.bressola.example", Follows: true, Purpose: "Per avisar-te quan algú comparteix res amb tu.", Ticked: true, New: true},
			{Attribute: "locale", Value: "Català", Purpose: "Per mostrar-te el servei en la teva llengua.", Keep: "Mentre hi tinguis el compte.", New: true},
			{
				Attribute: "groups", Purpose: "Per donar-te les carpetes de cada grup.", Keep: "Fins que en surtis.", Ticked: true, New: true, Rights: true,
				Groups: []GroupView{{"bressola", "La Bressola", "bressola, bressola.editora", false, true}, {"somcami", "Som Camí", "somcami", false, false}},
			},
		},
		Appearances: []AppearanceView{
			{"real", "Marta Puig i Ferrer", "marta", "marta.puig.i.ferrer@correu.bressola.example", false, true},
			{"pseudonym", "Òliba", "oliba-serena", "oliba-serena-k3v9q2@alies.commons.example", false, false},
			{"none", "", "pi-clar-tranquil", "", false, false},
		},
	}
}

// moreConsent asks about one thing; the rest was decided before.
func moreConsent() Consent {
	c := firstConsent()
	c.Why = "more"
	for i := range c.Items {
		c.Items[i].New = c.Items[i].Attribute == "locale"
	}
	return c
}

// anonymousConsent offers no real name and leaves nothing out.
func anonymousConsent() Consent {
	c := firstConsent()
	c.Error, c.Appearances = "consent.pseudonym", c.Appearances[1:]
	c.Appearances[0].Chosen = true
	for i := range c.Items {
		c.Items[i].Value = ""
	}
	c.Items = c.Items[:3]
	return c
}

// valueConsent is another collective's: it allows no pseudonyms, says nothing of
// its own, and asks again since an address changed.
func valueConsent() Consent {
	return Consent{
		Action: "/login/consent", Fields: []Field{{"handle", "abc"}}, Service: cloudService(), Through: "Som Camí", Why: "value",
		Items: []ConsentItem{
			{Attribute: "name", Value: "Pau Roca", Required: true, Ticked: true},
			{Attribute: "email", Value: "pau@somcami.example", Ticked: true, New: true},
			{Attribute: "groups", Ticked: true, Required: true, Groups: []GroupView{{"somcami", "Som Camí", "somcami", true, true}}},
		},
	}
}

func servicesStories() []story {
	frame := Frame{Here: "/account/services", Person: "Marta Puig i Ferrer", Reference: "7F3K-Q2"}
	token := []Field{{"token", "tok"}}
	receipt := frame
	receipt.Here = "/account/receipts/9f2c"
	return []story{
		{"my-services", frame, MyServices{Services: []HeldView{
			{Title: "El Núvol", Through: "La Bressola", Since: "3 de març de 2026", Used: "22 de novembre de 2026", Receives: []string{"name", "preferred_username", "email", "groups"}, Appear: "real", State: "asked", Detail: "/account/services/nuvol", Stop: Post{"/account/services/nuvol/stop", token}},
			{Title: "Àgora", Through: "La Bressola", Since: "8 de maig de 2026", Used: "20 de novembre de 2026", Receives: []string{"name"}, Appear: "pseudonym", State: "agreed", Agreed: "12 d’abril de 2026", Minutes: "https://bressola.example/actes/2026-04-12", Detail: "/account/services/agora", Stop: Post{"/account/services/agora/stop", token}},
			{Title: "Enquestes", Through: "CommonsCloud", Since: "1 de juny de 2026", State: "nothing", Detail: "/account/services/enquestes", Stop: Post{"/account/services/enquestes/stop", token}},
			{Title: "Tasques", Through: "La Bressola", Since: "2 de febrer de 2026", Used: "4 d’abril de 2026", Appear: "none", State: "stopped", Detail: "/account/services/tasques"},
		}, Notice: "services.stopped"}},
		{"my-services-none", frame, MyServices{}},
		{"my-service", frame, heldService()},
		{"my-service-stopped", frame, stoppedService()},
		{"receipt", receipt, paperReceipt()},
	}
}

func heldService() MyService {
	token := []Field{{"token", "tok"}}
	return MyService{
		Service: cloudService(), Until: "22 de novembre de 2027",
		Held:     HeldView{Through: "La Bressola", Since: "3 de març de 2026", Used: "22 de novembre de 2026", Appear: "pseudonym", State: "asked"},
		Receives: []ReceivedView{{"name", "Òliba"}, {"preferred_username", "oliba-serena"}, {"email", "oliba-serena-k3v9q2@alies.commons.example"}, {"groups", "bressola, bressola.editora"}},
		Known:    []KnownView{{"subject", "f5k2v7m3q6xw4zt9h2ncy7d3ra"}, {"handle", "oliba-serena"}, {"alias", "oliba-serena-k3v9q2@alies.commons.example"}},
		History:  []DecisionView{{"22 de novembre de 2026, 09:41 (CET)", "part", "/account/receipts/9f2c"}, {"3 de març de 2026, 18:02 (CET)", "allowed", "/account/receipts/1b77"}},
		Stop:     Post{"/account/services/nuvol/stop", token}, Ask: Post{"/account/services/nuvol/ask", token}, Renew: Post{"/account/services/nuvol/renew", token},
		Error: "services.confirm",
	}
}

func stoppedService() MyService {
	return MyService{
		Service: cloudService(),
		Held:    HeldView{Through: "La Bressola", Since: "3 de març de 2026", Used: "22 de novembre de 2026", State: "stopped"},
		Known:   []KnownView{{"subject", "f5k2v7m3q6xw4zt9h2ncy7d3ra"}},
		History: []DecisionView{{"22 de novembre de 2026, 09:45 (CET)", "stopped", ""}},
		Notice:  "services.stopped", Outcomes: []LogoutView{{"El Núvol", "done"}, {"El Núvol", "retrying"}},
		Renew: Post{"/account/services/nuvol/renew", nil},
	}
}

func paperReceipt() Receipt {
	return Receipt{
		ID: "9f2c51d0e4", Issued: "22 de novembre de 2026, 09:41 (CET)", Issuer: "https://id.commons.example", Decision: "part",
		Service: "El Núvol", Controller: "La Bressola", Contact: "privacitat@bressola.example", Privacy: "https://bressola.example/privacitat",
		Subject: "f5k2v7m3q6xw4zt9h2ncy7d3ra", Appear: "pseudonym", Until: "22 de novembre de 2027",
		Items: []ReceiptItem{
			{"name", true, "Perquè la resta sàpiga amb qui comparteix un document.", "Mentre hi tinguis el compte.", "sha-256:Yk0vXb9s1gq7mJr2n0pJt3c8Zf5uWq1hLe4dRa6oVxM"},
			{"email", false, "Per avisar-te quan algú comparteix res amb tu.", "", ""},
		},
		Shown: "sha-256:q1hLe4dRa6oVxMYk0vXb9s1gq7mJr2n0pJt3c8Zf5uW", Key: "2026-11-a", JWKS: "https://id.commons.example/jwks",
		JSON: "/account/receipts/9f2c.json", JWS: "/account/receipts/9f2c.jws", Back: "/account/services/nuvol",
		Compact: "eyJhbGciOiJFUzI1NiIsImtpZCI6IjIwMjYtMTEtYSJ9.eyJyZWNvcmRfaWQiOiI5ZjJjNTFkMGU0In0.c2lnbmF0dXJlLXRoYXQtaXMtbm90LW9uZQ",
	}
}

func policyStories() []story {
	frame := Frame{Here: "/collectives/bressola/policy", Person: "Marta Puig i Ferrer", Branding: bressola()}
	saved := bressolaPolicy()
	saved.Faults, saved.Previews, saved.Notice = nil, nil, "policy.saved"
	return []story{{"policy", frame, bressolaPolicy()}, {"policy-saved", frame, saved}}
}

func inThree(name, value string) []TextView {
	return []TextView{{name + ".ca", "ca", "Català", value}, {name + ".es", "es", "Castellano", ""}, {name + ".en", "en", "English", ""}}
}

func ruleStory(name, attribute, need string, open bool) RuleView {
	return RuleView{
		Attribute: attribute, Name: name + "." + attribute, Need: need, Open: open,
		Purpose: inThree(name+"."+attribute+".purpose", ""), Keep: inThree(name+"."+attribute+".keep", ""),
	}
}

func bressolaPolicy() Policy {
	first := firstConsent()
	p := Policy{
		Manage: manageStory("policy", Field{"version", "7"}), Action: "/collectives/bressola/policy",
		Remember: "un any", Privacy: "https://bressola.example/privacitat", Pseudonyms: true,
		Intro: inThree("intro", first.Intro),
		Rules: []RuleView{ruleStory("rule", "name", "", false), ruleStory("rule", "email", "optional", true)},
		Services: []ServicePolicyView{
			{Title: "El Núvol", Value: "nuvol", Name: "service.nuvol", Anonymous: "no", Purpose: inThree("service.nuvol.purpose", first.Purpose), Rules: []RuleView{ruleStory("service.nuvol.rule", "name", "required", false)}, Shown: true},
			{Title: "Àgora", Value: "agora", Name: "service.agora", Agreed: "2026-04-12", Minutes: "http://bressola.example/acta", Open: true},
		},
		Previews: []PreviewView{{"member", "asked", first}, {"anonymous", "refused", Consent{}}, {"guest", "asked", valueConsent()}},
	}
	p.Faults = []Fault{{"remember", "Cada quants dies s’ha de tornar a preguntar?", "number"}, {"service.agora.minutes", "Àgora: adreça web de l’acta", "address"}}
	return p
}
