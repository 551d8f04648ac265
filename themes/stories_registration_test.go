// SPDX-License-Identifier: AGPL-3.0-or-later

package themes

func registrationStories() []story {
	marta := func(path string) Frame {
		return Frame{Here: "/collectives/bressola" + path, Person: "Marta Puig i Ferrer", Branding: bressola()}
	}
	keep := "/services/nuvol/keep"
	return []story{
		{"collective-services", marta("/services"), bressolaServices()},
		{"collective-services-none", marta("/services"), CollectiveServices{Manage: noticed(manageStory("services"), "registration.notice.removed"), Add: "/collectives/bressola/add-service", Tokens: "/collectives/bressola/registrars"}},
		{"add-service", marta("/add-service"), addChoose()},
		{"add-service-form", marta("/add-service?preset=nextcloud"), addForm()},
		{"add-service-any", marta("/add-service?preset=generic-oidc"), addAny()},
		{"add-service-saml", marta("/add-service?preset=mellon"), addSAML()},
		{"service-guide", marta("/services/nuvol/guide"), nuvolGuide("k3y_only_0nce")},
		{"service-guide-later", marta("/services/nuvol/guide"), nuvolGuide("")},
		{"service-keep", marta(keep), nuvolKeep()},
		{"service-keep-waits", marta(keep), waitingKeep()},
		{"service-keep-admin", marta(keep), adminKeep()},
		{"service-keep-saml", marta(keep), samlKeep()},
		{"service-trace", marta("/services/nuvol/trace"), nuvolTrace()},
		{"service-trace-none", marta("/services/nuvol/trace"), ServiceTrace{Manage: manageStory("services"), Action: "/collectives/bressola/services/nuvol/trace", Name: "El Núvol", Keep: "/collectives/bressola/services/nuvol/keep"}},
		{"registrars", marta("/registrars"), bressolaRegistrars()},
		{"registrars-none", marta("/registrars"), Registrars{Manage: manageStory("services"), Action: "/collectives/bressola/registrars", Endpoint: "https://id.commons.example/register", Days: "30", Limit: "5", Waits: true}},
	}
}

func bressolaServices() CollectiveServices {
	at := "/collectives/bressola/services/"
	return CollectiveServices{
		Manage: manageStory("services"), Add: "/collectives/bressola/add-service", Tokens: "/collectives/bressola/registrars",
		Waiting: []KeptView{{Title: "Taules", Host: "taules.bressola.example", Keep: at + "taules/keep"}},
		Own: []KeptView{
			{Title: "El Núvol", Host: "nuvol.bressola.example", Access: "collective", Kind: "Nextcloud", Used: "21 de novembre de 2026", Told: "21 de novembre de 2026, 18:04", Path: at + "nuvol", Keep: at + "nuvol/keep"},
			{Title: "Actes", Access: "group", Stopped: true, Silent: true, Path: at + "actes", Keep: at + "actes/keep"},
		},
		Open: []KeptView{{Title: "Àgora", Host: "agora.commons.example", Collective: "CommonsCloud", Access: "public"}},
	}
}

func addChoose() AddService {
	at := "/collectives/bressola/add-service?preset="
	return AddService{
		Manage: manageStory("services"), Action: "/collectives/bressola/add-service",
		Kinds: []KindView{
			{"nextcloud", "Nextcloud", "Fitxers i calendaris en comú.", "OpenID Connect", at + "nextcloud"},
			{"mellon", "Apache mod_auth_mellon", "Qualsevol pàgina darrere d’un Apache.", "SAML 2.0", at + "mellon"},
			{"phabricator", "Phabricator, Phorge", "Tasques i codi.", "Phabricator", at + "phabricator"},
		},
	}
}

func addForm() AddService {
	a := addChoose()
	a.Kind, a.Kinds = a.Kinds[0], nil
	a.Name, a.Called, a.URL = "Núvol", "El Núvol", "http://nuvol.bressola.example"
	a.Access = []Choice{{"collective", "", true}, {"group", "", false}, {"public", "", false}}
	a.Guests = []Choice{{"horta", "Horta Viva", true}, {"ateneu", "Ateneu Popular", false}}
	a.Params = []ParamView{{"param.provider", "Nom del proveïdor a Nextcloud", "clau", true}}
	a.Faults = []Fault{{"name", "Nom curt", "name"}, {"url", "Adreça de l’aplicació", "https"}}
	return a
}

// addAny is the form for an application that nobody has described.
func addAny() AddService {
	a := addForm()
	a.Kind = KindView{"generic-oidc", "OpenID Connect", "Qualsevol aplicació que parli OpenID Connect.", "OpenID Connect", "/collectives/bressola/add-service?preset=generic-oidc"}
	a.NoAddress, a.AsksAddresses, a.Addresses, a.Params, a.Faults = true, true, "http://taules.example/cb", nil, []Fault{{"addresses", "Adreces on poden anar les respostes", "https"}}
	return a
}

func addSAML() AddService {
	a := addChoose()
	a.Kind, a.Kinds = a.Kinds[1], nil
	a.Access = []Choice{{"collective", "", true}, {"group", "", false}}
	a.SAML, a.MetadataURL, a.Metadata = true, "https://intranet.bressola.example/mellon/metadata", "<EntityDescriptor>"
	a.Faults = []Fault{{"metadata-url", "Adreça de les metadades", "metadata-source"}}
	return a
}

func nuvolGuide(secret string) ServiceGuide {
	shown := secret
	if shown == "" {
		shown = "EL-SECRET"
	}
	return ServiceGuide{
		Manage: manageStory("services"), Name: "El Núvol", Kind: "Nextcloud", About: "Fitxers i calendaris en comú.", Secret: secret, Hidden: secret == "",
		Keep: "/collectives/bressola/services/nuvol/keep",
		Steps: []GuideStep{
			{"Instal·la l’aplicació", "Apps › Integration", "Busca «OpenID Connect user backend».", nil, []GuideCommand{{"occ", "occ app:install user_oidc", false}}},
			{"Registra-hi Clau", "Administration › OpenID Connect", "", []GuideField{{"Client ID", "nuvol", false}, {"Client secret", shown, secret != ""}}, []GuideCommand{{"occ", "occ user_oidc:provider clau \\\n  --clientid='nuvol' --clientsecret='" + shown + "'", secret != ""}}},
		},
		Warnings: []string{"Qui canvia de grups els canvia també allà."}, Logout: "La sessió s’hi acaba de seguida.",
	}
}

func nuvolKeep() ServiceKeep {
	at := "/collectives/bressola/services/nuvol"
	k := ServiceKeep{
		Manage: noticed(manageStory("services"), "registration.notice.changed"), Action: at + "/keep", Version: "7", Name: "nuvol", Kind: "Nextcloud", State: "active", Speaks: "OpenID Connect",
		Service: ServiceView{Title: "El Núvol", Host: "nuvol.bressola.example"},
		Facts:   []FactView{{"client_id", "nuvol"}, {"Discovery URL", "https://id.commons.example/.well-known/openid-configuration"}},
		Guide:   at + "/guide", Door: at, Trace: at + "/trace", Secret: true, Days: "7", Overlap: "29 de novembre de 2026, 10:00",
		Called: "El Núvol", About: "Fitxers i calendaris en comú", URL: "https://nuvol.bressola.example/", Client: true, AddressKind: "oidc",
		Addresses: "https://nuvol.bressola.example/apps/user_oidc/code", AfterLogout: "https://nuvol.bressola.example/",
		Backchannel: "https://nuvol.bressola.example/apps/user_oidc/backchannel-logout/clau",
		Access:      []Choice{{"collective", "", true}, {"group", "", false}, {"public", "", false}},
		Guests:      []Choice{{"horta", "Horta Viva", true}},
		Uses:        []UseView{{"21 de novembre de 2026", "48"}, {"20 de novembre de 2026", "51"}},
		Told:        DeliveredView{Done: "212", Retrying: "3", Last: "21 de novembre de 2026, 18:04"},
	}
	return k
}

func waitingKeep() ServiceKeep {
	k := nuvolKeep()
	k.Manage = manageStory("services")
	k.State, k.Waits, k.Decides, k.Overlap, k.Uses, k.Told = "pending-approval", true, true, "", nil, DeliveredView{}
	return k
}

// adminKeep is what somebody sees who keeps the service and manages nothing.
func adminKeep() ServiceKeep {
	k := nuvolKeep()
	k.Manage = Manage{Title: "La Bressola", Fields: []Field{{"token", "tok"}}, Faults: []Fault{{"confirm", "nuvol", "confirm"}}}
	k.Starts, k.State, k.Overlap, k.Access, k.Guests, k.Open, k.Confirm = true, "suspended", "", nil, nil, "remove", "nuvo"
	k.Told = DeliveredView{GivenUp: "5", Unsupported: "2", Silent: true}
	return k
}

func samlKeep() ServiceKeep {
	k := nuvolKeep()
	k.Manage = manageStory("services")
	k.Kind, k.Speaks, k.Secret, k.Client, k.AddressKind, k.SAML = "Apache mod_auth_mellon", "SAML 2.0", false, false, "", true
	k.Overlap, k.MetadataURL = "", "https://intranet.bressola.example/mellon/metadata"
	k.Facts = []FactView{{"entityID", "https://intranet.bressola.example/mellon/metadata"}}
	return k
}

func nuvolTrace() ServiceTrace {
	return ServiceTrace{
		Manage: noticed(manageStory("services"), "registration.notice.started"), Action: "/collectives/bressola/services/nuvol/trace", Name: "El Núvol",
		Begin: "https://nuvol.bressola.example/", Until: "10:10", Keep: "/collectives/bressola/services/nuvol/keep",
		Entries: []EntryView{
			{When: "10:01:07", Asked: "GET /authorize", Status: "303", Sent: []SaidPart{{"client_id", "nuvol", ""}, {"scope", "openid profile", ""}, {"state", "", "43"}}, Within: []SaidPart{{"released", "name, preferred_username", ""}}, To: "https://nuvol.bressola.example/apps/user_oidc/code?…", Answer: []SaidPart{{"code", "", "43"}, {"state", "", "43"}}},
			{When: "10:01:08", Direct: true, Asked: "POST /token", Status: "401", Sent: []SaidPart{{"Authorization", "Basic", "64"}, {"grant_type", "authorization_code", ""}}, Answer: []SaidPart{{"error", "invalid_client", ""}}},
			{When: "10:02:00", Asked: "GET /authorize", Status: "400", Error: "redirect-unproven"},
		},
	}
}

func bressolaRegistrars() Registrars {
	at := "/collectives/bressola/registrars"
	revoke := Post{at, []Field{{"token", "tok"}, {"do", "revoke"}, {"registrar", "a1"}}}
	r := Registrars{
		Manage: manageStory("services"), Action: at, Endpoint: "https://id.commons.example/register", Token: "bressola~abcd~0nlyOnce",
		Registrars: []RegistrarView{
			{"Servidors de proves", "Marta Puig i Ferrer", "21 de desembre de 2026", "2", "5", true, false, revoke},
			{"Antic", "", "1 de novembre de 2026", "0", "1", false, true, revoke},
		},
		Label: "", Days: "30", Limit: "500",
	}
	r.Faults = []Fault{{"limit", "Serveis que pot tenir registrats alhora", "limit"}}
	return r
}
