// SPDX-License-Identifier: AGPL-3.0-or-later

package themes

func manageStory(here string, more ...Field) Manage {
	return Manage{
		Title: "La Bressola", Base: "/collectives/bressola", Here: here,
		Fields: append([]Field{{"token", "tok"}}, more...),
	}
}

func collectiveStories() []story {
	marta := func(path string) Frame {
		return Frame{Here: "/collectives/bressola" + path, Person: "Marta Puig i Ferrer", Branding: bressola()}
	}
	answered, voice := markRequest(), secondVoice()
	return []story{
		{"collective", marta(""), bressolaOverview()},
		{"collective-alone", marta(""), Collective{Manage: manageStory("overview"), Members: "1", Alone: true, Managers: []Named{{"Marta Puig i Ferrer", "marta", "/collectives/bressola/members/1"}}}},
		{"requests", marta("/requests"), Requests{Manage: noticed(manageStory("requests"), "collective.notice.accepted"), Requests: bressolaOverview().Requests, LapseDays: "14"}},
		{"requests-none", marta("/requests"), Requests{Manage: manageStory("requests"), LapseDays: "30"}},
		{"request", marta("/requests/9f2c"), answered},
		{"request-voice", marta("/requests/77aa"), voice},
		{"request-waits", marta("/requests/77aa"), othersVoice()},
		{"request-settings", marta("/requests/abcd"), lessVoices()},
		{"members", marta("/members"), bressolaMembers()},
		{"members-nobody", marta("/members?q=zz"), Members{Manage: manageStory("members"), Query: "zz", Total: "0"}},
		{"member", marta("/members/3"), joanCard()},
		{"member-suspended", marta("/members/4"), suspendedCard()},
		{"member-new", marta("/members/6"), newCard("xavi@correu.example")},
		{"member-new-anonymous", marta("/members/6"), newCard("")},
		{"member-self", marta("/members/1"), selfCard()},
		{"member-guest", marta("/members/5"), guestCard()},
		{"invitations", marta("/invitations"), bressolaInvitations()},
		{"invitations-none", marta("/invitations"), Invitations{Manage: manageStory("invitations"), Action: "/collectives/bressola/invitations", Uses: "1", Until: "2026-12-22", LinkEnd: "2026-12-22", Two: true}},
		{"collective-service", marta("/services/nuvol"), nuvolDoor()},
		{"collective-service-keeper", marta("/services/nuvol"), keeperDoor()},
		{"settings", marta("/settings"), bressolaSettings()},
		{"collective-log", marta("/activity"), bressolaLog()},
	}
}

func noticed(m Manage, key string) Manage {
	m.Notice = key
	return m
}

func bressolaOverview() Collective {
	return Collective{
		Manage: manageStory("overview"), Members: "214",
		Managers: []Named{{"Joan Serra", "joan", "/collectives/bressola/members/2"}, {"Marta Puig i Ferrer", "marta", "/collectives/bressola/members/1"}},
		Requests: []RequestView{
			{Path: "/collectives/bressola/requests/9f2c", Kind: "register", Name: "Núria Vila", Handle: "nuria", Since: "19 de novembre de 2026", Lapses: "3 de desembre de 2026", State: "answered"},
			{Path: "/collectives/bressola/requests/77aa", Kind: "suspend", Name: "Òliba", Handle: "oliba", Since: "21 de novembre de 2026", State: "voice"},
			{Path: "/collectives/bressola/requests/77ab", Kind: "join", Name: "Pau Roca", Handle: "pau", Since: "22 de novembre de 2026", State: "new"},
		},
	}
}

func markRequest() Request {
	return Request{
		Manage: manageStory("requests"), Action: "/collectives/bressola/requests/9f2c", Request: bressolaOverview().Requests[0],
		Mail: "nuria@vila.example", Language: "Català", Words: "Soc del grup de consum de Gràcia.\nEm va parlar de vosaltres en Joan.",
		Dialogue: []SaidView{
			{"Joan Serra", "20 de novembre de 2026, 10:02 (CET)", "De quin torn ets?"},
			{"", "20 de novembre de 2026, 18:40 (CET)", "Del de dijous a la tarda."},
		},
		CanAsk: true, Others: []Choice{{"horta", "Horta Viva", false}, {"ateneu", "Ateneu Popular", false}},
	}
}

func secondVoice() Request {
	r := Request{
		Manage: manageStory("requests"), Action: "/collectives/bressola/requests/77aa", Request: bressolaOverview().Requests[1],
		Anonymous: true, Member: "/collectives/bressola/members/4", By: "Joan Serra", Reason: "Ha venut adreces de membres.",
		Until: "21 de desembre de 2026", Two: true, Agreed: []VoiceView{{"Joan Serra", "21 de novembre de 2026, 09:15 (CET)"}}, Open: "refuse",
	}
	r.Faults = []Fault{{"reason", "El motiu", "empty"}}
	return r
}

func othersVoice() Request {
	r := secondVoice()
	r.Faults, r.Open, r.Mine, r.Missing = nil, "", true, []string{"Anna Roig", "Joan Serra"}
	r.Agreed, r.Request.State = []VoiceView{{"Marta Puig i Ferrer", ""}}, "mine"
	r.Notice = "collective.notice.second"
	return r
}

func lessVoices() Request {
	return Request{
		Manage: manageStory("requests"), Action: "/collectives/bressola/requests/abcd",
		Request: RequestView{Path: "/collectives/bressola/requests/abcd", Kind: "settings", Name: "Joan Serra", Handle: "joan", Since: "22 de novembre de 2026", State: "voice"},
		By:      "Joan Serra", Matters: []string{"accepting", "suspending"}, Two: true, Member: "/collectives/bressola/members/2",
		Agreed: []VoiceView{{"Joan Serra", "22 de novembre de 2026, 11:00 (CET)"}},
	}
}

func bressolaMembers() Members {
	at := "/collectives/bressola/members/"
	return Members{
		Manage: manageStory("members"), Total: "214", From: "51", To: "55",
		Previous: "/collectives/bressola/members?page=1", Next: "/collectives/bressola/members?page=3",
		Members: []MemberRow{
			{Named{"Joan Serra", "joan", at + "2"}, true, "active", ""}, {Named{"Marta Puig i Ferrer", "marta", at + "1"}, true, "active", ""},
			{Named{"Òliba", "oliba", at + "4"}, false, "suspended", "21 de desembre de 2026"}, {Named{"Pere Mas", "pere", at + "5"}, false, "active", ""},
			{Named{"xavi", "xavi", at + "6"}, false, "new", ""},
		},
	}
}

func joanCard() Member {
	return Member{
		Manage: manageStory("members"), Action: "/collectives/bressola/members/3",
		Name: "Pere Mas i Coll", Handle: "pere", Mail: "pere@mas.example", Language: "Català", Since: "3 de març de 2025",
		Validated: "5 de març de 2025", Through: "Joan Serra", State: "active",
		Access:   []AccessView{{"El Núvol", ""}, {"Àgora", "moderacio"}},
		Admin:    []Choice{{"agora", "Àgora", false}},
		Keepable: []Choice{{"nuvol", "El Núvol", false}},
		Suspend:  true, Reset: true, Expel: true, Appoint: true, TwoSuspend: true, TwoAppoint: true,
	}
}

func suspendedCard() Member {
	m := Member{
		Manage: manageStory("members"), Action: "/collectives/bressola/members/4", Name: "Òliba", Handle: "oliba",
		Anonymous: true, Since: "3 de març de 2025", State: "suspended", Reason: "Ha venut adreces de membres.\nHo hem parlat a l’assemblea.",
		Until: "21 de desembre de 2026", Restore: true, Expel: true, Open: "expel",
	}
	m.Error = "collective.error.exceeds"
	return m
}

func newCard(mail string) Member {
	return Member{
		Manage: manageStory("members"), Action: "/collectives/bressola/members/6", Name: "xavi", Handle: "xavi", Mail: mail,
		Anonymous: mail == "", Since: "21 de novembre de 2026", Validated: "22 de novembre de 2026", Through: "Joan Serra",
		State: "new", Reset: mail != "", Expel: true,
	}
}

func selfCard() Member {
	return Member{
		Manage: manageStory("members"), Action: "/collectives/bressola/members/1", Name: "Marta Puig i Ferrer", Handle: "marta",
		Mail: "marta@puig.example", Since: "3 de març de 2025", State: "active", Manager: true, Self: true,
	}
}

func guestCard() Member {
	return Member{
		Manage: manageStory("members"), Action: "/collectives/bressola/members/5", Name: "Anna Roig", Handle: "anna",
		Mail: "anna@roig.example", Since: "3 de març de 2025", Primary: "Ateneu Popular", State: "active", Manager: true, Dismiss: true,
	}
}

func bressolaInvitations() Invitations {
	withdraw := func(id string) Post {
		return Post{"/collectives/bressola/invitations/" + id, []Field{{"token", "tok"}}}
	}
	return Invitations{
		Manage: manageStory("invitations"), Action: "/collectives/bressola/invitations",
		Link: "https://id.commons.example/invitation?t=kq3.s9f2.Qm9yUmVhbGx5Tm90QVNlY3JldA", LinkUses: "25", LinkUntil: "22 de desembre de 2026",
		Invitations: []InvitationView{
			{"nuria@vila.example", "Hola, Núria!", "Joan Serra", "1", "22 de desembre de 2026", withdraw("a1")},
			{"", "", "Marta Puig i Ferrer", "25", "22 de desembre de 2026", withdraw("a2")},
		},
		Uses: "1", Until: "2026-12-22", LinkEnd: "2026-12-22",
	}
}

func nuvolDoor() CollectiveService {
	at := "/collectives/bressola/services/nuvol"
	post := Post{at, []Field{{"token", "tok"}, {"do", "shut"}, {"person", "5"}}}
	d := CollectiveService{
		Manage: manageStory("services"), Action: at, Keep: at + "/keep", Access: "collective", Guests: []string{"Horta Viva", "Ateneu Popular"}, Total: "2",
		Service: ServiceView{Title: "El Núvol", Description: "Fitxers, calendaris i documents en comú"},
		Holders: []HolderView{{Named{"Pau Roca", "pau", ""}, "", post}, {Named{"Pere Mas", "pere", ""}, "redaccio", post}},
		Admins:  []HolderView{{Named{"Pere Mas", "pere", ""}, "", post}}, Login: "perre",
	}
	d.Faults = []Fault{{"login", "Nom de compte o adreça de correu", "nobody"}}
	return d
}

func keeperDoor() CollectiveService {
	d := nuvolDoor()
	d.Manage = Manage{Title: "La Bressola", Fields: []Field{{"token", "tok"}}, Notice: "collective.notice.admitted"}
	d.Login, d.Stopped, d.Admins[0].Shut = "", true, Post{}
	return d
}

func bressolaSettings() Settings {
	s := Settings{
		Manage: manageStory("settings"), Version: "7", Action: "/collectives/bressola/settings", LogoAction: "/collectives/bressola/logo",
		Name: "La Bressola", Mail: "hola@bressola.example", URL: "https://bressola.example/", OwnColour: true, Colour: "#ffd400",
		Logo:  "/collectives/bressola/logo?v=7",
		Words: inThree("words", "Una cooperativa de criança compartida."), Question: inThree("question", "Com es diu la plaça?"),
		Answers: "Rovira\nplaça Rovira", LapseDays: "0", Alone: true,
		Language:  []Choice{{"ca", "Català", true}, {"es", "Castellano", false}, {"en", "English", false}},
		Languages: []Choice{{"ca", "Català", true}, {"es", "Castellano", true}, {"en", "English", false}},
		Order:     []PlaceView{{"place.nuvol", "El Núvol", "10"}, {"place.agora", "Àgora", ""}},
		Matters:   []Choice{{"accepting", "", true}, {"suspending", "", false}, {"appointing", "", false}},
	}
	s.Error, s.Faults = "collective.error.stale", []Fault{{"lapse", "Dies que espera una sol·licitud", "number"}, {"logo", "Logotip", "picture-large"}}
	return s
}

func bressolaLog() CollectiveLog {
	pere := Named{"Pere Mas", "pere", "/collectives/bressola/members/5"}
	return CollectiveLog{
		Manage: manageStory("activity"), Older: "/collectives/bressola/activity?page=2",
		Entries: []LogView{
			{When: "22 de novembre de 2026, 09:41 (CET)", Kind: "access-granted", Person: pere, Actor: "Marta Puig i Ferrer", Service: "El Núvol"},
			{When: "21 de novembre de 2026, 12:00 (CET)", Kind: "case-passed", Person: Named{Name: "algú que ja no hi és"}, Actor: "Joan Serra", Other: "Horta Viva"},
			{When: "21 de novembre de 2026, 09:15 (CET)", Kind: "case-opened", Person: Named{Name: "Òliba", Handle: "oliba"}, Actor: "Joan Serra", Matter: "suspend"},
			{When: "20 de novembre de 2026, 09:15 (CET)", Kind: "collective-changed", Actor: "Joan Serra"},
			{When: "19 de novembre de 2026, 08:00 (CET)", Kind: "something-new"},
		},
	}
}
