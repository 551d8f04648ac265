// SPDX-License-Identifier: AGPL-3.0-or-later

package themes

func accountStories() []story {
	at := func(path string) Frame { return Frame{Here: path, Person: "Marta Puig i Ferrer", Reference: "7F3K-Q2"} }
	token := []Field{{Name: "token", Value: "tok"}}
	return []story{
		{"my-profile", at("/account/profile"), martaProfile()},
		{"my-profile-anonymous", Frame{Here: "/account/profile", Person: "Òliba"}, MyProfile{
			Action: "/account/profile", Fields: token, Anonymous: true, Handle: "oliba", Name: "Òliba", Languages: threeLanguages(), Error: "profile.odd",
		}},
		{"my-address", at("/account/address"), MyAddress{Action: "/account/address", Fields: token, Mail: "marta@bressola.example"}},
		{"my-address-waits", at("/account/address"), waitingAddress()},
		{"my-address-wrong", at("/account/address"), MyAddress{
			Action: "/account/address", Fields: token, Typed: "marta@puig", Error: "address.malformed",
		}},
		{"prove-my-address", Frame{Here: "/account/address/prove?t=abc"}, ProveMyAddress{Action: "/account/address/prove", Fields: token, Address: "marta@puig.example"}},
		{"prove-my-address-done", Frame{}, ProveMyAddress{Address: "marta@puig.example", Done: true}},
		{"prove-my-address-old", Frame{Here: "/account/address/prove?t=abc"}, ProveMyAddress{Error: "address.old-link"}},
		{"my-password", at("/account/password"), MyPassword{Action: "/account/password", Fields: token, Handle: "marta", MinLength: 10}},
		{"my-password-wrong", at("/account/password"), MyPassword{Action: "/account/password", Fields: token, Handle: "marta", MinLength: 10, Error: "password.wrong"}},
		{"my-code", Frame{Here: "/account/code", Person: "Òliba"}, MyCode{Action: "/account/code", Fields: token, Has: true}},
		{"my-code-new", Frame{Person: "Òliba"}, MyCode{Action: "/account/code", Fields: token, Has: true, Code: "7Q4M-0XKA-ZP31-RVTC"}},
		{"my-sessions", at("/account/sessions"), martaSessions()},
		{"my-collectives", at("/account/collectives"), martaCollectives()},
		{"my-collectives-none", at("/account/collectives"), MyCollectives{Action: "/account/collectives", Fields: token, Error: "collectives.again"}},
		{"leave-collective", at("/account/collectives/bressola/leave"), LeaveCollective{
			Action: "/account/collectives/bressola/leave", Fields: token, Title: "La Bressola", Primary: true, Days: 90, Loses: []string{"El Núvol", "Tasques"},
		}},
		{"leave-collective-last", at("/account/collectives/bressola/leave"), LeaveCollective{
			Action: "/account/collectives/bressola/leave", Fields: token, Title: "La Bressola", Primary: true, Last: true, Days: 90, Error: "leave.last-manager",
		}},
	}
}

func rightsStories() []story {
	marta := Frame{Here: "/account/activity", Person: "Marta Puig i Ferrer", Reference: "7F3K-Q2"}
	nobody := Frame{Here: "/recover", Reference: "7F3K-Q2"}
	token := []Field{{Name: "token", Value: "tok"}}
	told := []LogoutView{{"El Núvol", "done"}, {"Àgora", "retrying"}, {"Tasques", "unsupported"}}
	return []story{
		{"my-activity", marta, martaActivity()},
		{"my-activity-nothing", marta, MyActivity{}},
		{"my-data", marta, MyData{Action: "/account/export", Fields: token}},
		{"erase-account", marta, EraseAccount{Action: "/account/erase", Fields: token, Days: 14, Services: []string{"El Núvol", "Àgora"}}},
		{"erase-account-anonymous", marta, EraseAccount{Action: "/account/erase", Fields: token, Days: 14, Anonymous: true, Error: "erase.last-manager"}},
		{"erase-begun", Frame{}, EraseBegun{Until: "6 de desembre de 2026, 09:41 (UTC)", Services: told, Mail: "marta@bressola.example"}},
		{"erase-begun-anonymous", Frame{}, EraseBegun{Until: "6 de desembre de 2026, 09:41 (UTC)", Cancel: "/erase/cancel?t=abc"}},
		{"cancel-erasure", Frame{Here: "/erase/cancel?t=abc"}, CancelErasure{Action: "/erase/cancel", Fields: token, Handle: "marta", Until: "6 de desembre de 2026, 09:41 (UTC)"}},
		{"cancel-erasure-done", Frame{}, CancelErasure{Handle: "marta", Done: true}},
		{"cancel-erasure-old", Frame{Here: "/erase/cancel?t=abc"}, CancelErasure{Error: "erase.old-link"}},
		{"recover", nobody, Recover{Action: "/recover", Fields: token}},
		{"recover-sent", Frame{}, Recover{Action: "/recover", Fields: token, Sent: true}},
		{"recover-old", nobody, Recover{Action: "/recover", Fields: token, Error: "recover.old-link"}},
		{"recover-password", nobody, RecoverPassword{Action: "/recover/password", Fields: token, Handle: "marta", MinLength: 10, Error: "password.weak"}},
		{"recover-code", nobody, RecoverCode{Action: "/recover/code", Fields: token, MinLength: 10}},
		{"recover-code-wrong", nobody, RecoverCode{Action: "/recover/code", Fields: token, Name: "oliba", MinLength: 10, Error: "recover.wrong"}},
		{"recovered", Frame{}, Recovered{Code: "7Q4M-0XKA-ZP31-RVTC"}},
		{"recovered-stopped", Frame{}, Recovered{Stopped: true}},
	}
}

func threeLanguages() []LanguageView {
	return []LanguageView{{"ca", "Català", true}, {"es", "Castellano", false}, {"en", "English", false}}
}

func martaProfile() MyProfile {
	return MyProfile{
		Action: "/account/profile", Fields: []Field{{"token", "tok"}}, Handle: "marta", Name: "Marta Puig i Ferrer", Given: "Marta", Family: "Puig i Ferrer",
		Languages: threeLanguages(), Notice: "account.saved",
		Services: []SeenView{{"El Núvol", "/account/profile?service=nuvol#seen", true}, {"Àgora", "/account/profile?service=agora#seen", false}},
		Seen: &SeenBy{
			Title: "El Núvol", Detail: "/account/services/nuvol",
			Receives: []ReceivedView{{"name", "Marta Puig i Ferrer"}, {"email", "marta@bressola.example"}, {"locale", ""}},
		},
	}
}

func waitingAddress() MyAddress {
	token := []Field{{"token", "tok"}}
	return MyAddress{
		Action: "/account/address", Fields: token, Mail: "marta@bressola.example", Pending: "marta@puig.example",
		Until: "24 de novembre de 2026, 00:00 (UTC)", Prove: Post{"/account/address/code", token},
		Again: Post{"/account/address/again", token}, Forget: Post{"/account/address/forget", token}, Error: "address.code",
	}
}

func martaSessions() MySessions {
	token := []Field{{"token", "tok"}}
	return MySessions{
		Sessions: []SessionView{
			{Current: true, Since: "22 de novembre de 2026, 09:41 (UTC)", Seen: "22 de novembre de 2026, 10:02 (UTC)", Methods: []string{"pwd"}},
			{Since: "20 de novembre de 2026, 18:05 (UTC)", Seen: "21 de novembre de 2026, 07:30 (UTC)", Methods: []string{"pwd", "otp"}, End: Post{"/account/sessions/end", token}},
		},
		Others: Post{"/account/sessions/others", token}, Notice: "sessions.ended",
	}
}

func martaCollectives() MyCollectives {
	token := []Field{{"token", "tok"}}
	return MyCollectives{
		Action: "/account/collectives", Fields: token, Notice: "collectives.asked",
		Memberships: []CollectiveView{
			{Title: "La Bressola", Manager: true, Primary: true, Manage: "/collectives/bressola", Contact: "hola@bressola.example", Leave: "/account/collectives/bressola/leave"},
			{Title: "CommonsCloud", Contact: "no és cap adreça", Leave: "/account/collectives/commons/leave", Home: Post{"/account/collectives/commons/home", token}},
		},
		Asked: []AskedView{
			{
				Title: "Som Camí", Kind: "join", Since: "20 de novembre de 2026", Lapses: "4 de desembre de 2026", Words: "Hi porto les bicicletes.", ID: "c1",
				Dialogue: []AskedLine{
					{false, "20 de novembre de 2026, 18:05 (UTC)", "Quina és la teva vegueria?"}, {true, "20 de novembre de 2026, 19:00 (UTC)", "Girona."},
					{false, "21 de novembre de 2026, 08:00 (UTC)", "Pots venir dimarts?"},
				},
				Waits: true, Reply: Post{"/account/collectives/somcami/cases/c1/reply", token}, Back: Post{"/account/collectives/somcami/cases/c1/back", token},
			},
			{Title: "CommonsCloud", Kind: "home", Since: "21 de novembre de 2026", ID: "c2", Back: Post{"/account/collectives/commons/cases/c2/back", token}},
		},
		Joinable: []LanguageView{{Tag: "ateneu", Name: "Ateneu Popular"}, {Tag: "horta", Name: "Horta Viva"}},
	}
}

func martaActivity() MyActivity {
	return MyActivity{
		Newer: "/account/activity?page=1", Older: "/account/activity?page=3",
		Days: []ActivityDay{
			{"22 de novembre de 2026", []ActivityView{
				{Time: "09:41", Kind: "login-succeeded", By: "you", Reference: "abcdefghij"},
				{Time: "09:40", Kind: "login-failed", By: "unknown"},
			}},
			{"20 de novembre de 2026", []ActivityView{
				{Time: "18:05", Kind: "member-added", By: "manager", Collective: "La Bressola"},
				{Time: "18:00", Kind: "sign-on", By: "you", Service: "El Núvol", Collective: "La Bressola"},
				{Time: "17:00", Kind: "case-lapsed", By: "clau", Collective: "Som Camí"},
			}},
		},
	}
}
