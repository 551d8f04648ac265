// SPDX-License-Identifier: AGPL-3.0-or-later

package themes

// joinStories are Marta's, who opens /join on an old telephone, and those of
// somebody who gives no name.
func joinStories() []story {
	plain := Frame{Here: "/join"}
	here := Frame{Here: "/join/bressola", Branding: bressola()}
	followed := Frame{Here: "/join/application?t=abc", Branding: bressola()}
	posted := Frame{Branding: bressola()}

	form := martasForm()
	wrong := martasForm()
	wrong.Faults = []Fault{{"handle", "", "join.handle-taken"}, {"mail", "", "join.mail-malformed"}, {"answer", "", "join.answer-wrong"}}
	wrong.Handle, wrong.Mail, wrong.Answer, wrong.ToManagers = "marta", "marta@", "no ho sé", "Soc la veïna del segon <b>."
	nobody := martasForm()
	nobody.Anonymous, nobody.OtherWay, nobody.Together, nobody.Question = true, "/join/bressola", true, WordsView{}
	closed := JoinForm{Title: "La Bressola", Words: bressolaWords(), Closed: true, Contact: "hola@bressola.example"}
	fast := martasForm()
	fast.Handle, fast.Mail, fast.Answer, fast.Error = "marta", "marta@correu.example", "un gat", "join.fast"
	invited := martasForm()
	invited.Invited, invited.OtherWay, invited.Error = true, "", "join.old"
	invitedTwo := martasForm()
	invitedTwo.Invited, invitedTwo.Together = true, true

	return []story{
		{"join", plain, Join{Collectives: joinables(), Notice: "join.withdrawn"}},
		{"join-searched", plain, Join{Collectives: joinables()[:1], Search: true, Query: "bressola"}},
		{"join-not-found", plain, Join{Search: true, Query: "<b>res</b>"}},
		{"join-none", plain, Join{}},
		{"join-form", here, form},
		{"join-form-wrong", posted, wrong},
		{"join-form-fast", here, fast},
		{"join-form-anonymous", here, nobody},
		{"join-form-closed", here, closed},
		{"join-form-invited", posted, invited},
		{"join-form-invited-two", here, invitedTwo},
		{"join-paper", posted, paperStory("")},
		{"join-paper-again", posted, paperStory("join.noted")},
		{"join-proving", followed, provingStory("")},
		{"join-code-wrong", posted, provingStory("join.code-wrong")},
		{"join-waiting", followed, waitingStory("waiting")},
		{"join-paper-waiting", followed, waitingStory("paper")},
		{"join-asked", followed, waitingStory("asked")},
		{"join-accepted", followed, waitingStory("accepted")},
		{"join-in-use", followed, waitingStory("in-use")},
		{"join-prove", Frame{Here: "/join/prove?t=abc", Branding: bressola()}, JoinProve{Action: "/join/prove", Fields: []Field{{"t", "abc"}}, Address: "marta@correu.example"}},
		{"join-return", Frame{Here: "/join/return"}, JoinReturn{Action: "/join/return"}},
		{"join-return-wrong", Frame{}, JoinReturn{Action: "/join/return", Handle: "oliba", Error: "join.return-wrong"}},
		{"join-password", posted, JoinPassword{Action: "/join/password", Fields: []Field{{"t", "abc"}}, Title: "La Bressola", Handle: "marta.puig", MinLength: 10}},
		{"join-password-weak", Frame{}, JoinPassword{Action: "/join/password", MinLength: 10, Error: "password.weak"}},
		{"invitation", Frame{Here: "/invitation?t=abc", Branding: bressola()}, invitationStory("")},
		{"invitation-known", Frame{Here: "/invitation?t=abc", Branding: bressola()}, invitationStory("Marta Puig i Ferrer")},
		{"join-over-prove", plain, JoinOver{Kind: "prove"}},
		{"join-over-application", plain, JoinOver{Kind: "application"}},
		{"join-over-password", plain, JoinOver{Kind: "password"}},
		{"join-over-invitation", plain, JoinOver{Kind: "invitation"}},
	}
}

func bressolaWords() WordsView {
	return WordsView{Lang: "ca", Text: "Som veïnes i veïns del barri que compartim casa, hort i eines. Escriu-nos de què ens coneixes."}
}

func joinables() []JoinableView {
	return []JoinableView{
		{Title: "La Bressola", Words: bressolaWords(), Path: "/join/bressola", Colour: "#ffd400"},
		{Title: "Horta Viva", Words: WordsView{"es", "Verdura de temporada y asambleas los jueves."}, Path: "/join/horta", Colour: "#7a1f5c"},
		{Title: "CommonsCloud", Path: "/join/commons", Logo: "/collectives/commons/logo"},
	}
}

func martasForm() JoinForm {
	return JoinForm{
		Action: "/join/bressola", Fields: []Field{{"at", "m3x"}, {"token", "tok"}}, Title: "La Bressola", Words: bressolaWords(),
		OtherWay: "/join/bressola?as=anonymous", Question: WordsView{"ca", "Quin animal és a la nostra porta?"},
		Languages: []LanguageView{{"ca", "Català", true}, {"es", "Castellano", false}, {"en", "English", false}}, Lapses: 14,
	}
}

func paperStory(fault string) JoinPaper {
	return JoinPaper{
		Action: "/join/application/noted", Fields: []Field{{"t", "abc"}}, Title: "La Bressola", Handle: "oliba",
		Code: "7Q2M-XK4T-9FWD-3HBR", Return: "https://id.commons.example/join/return", Error: fault,
	}
}

func provingStory(fault string) JoinApplication {
	button := []Field{{"t", "abc"}, {"token", "tok"}}
	return JoinApplication{
		State: "proving", Title: "La Bressola", Contact: "hola@bressola.example", Handle: "marta.puig", Address: "marta@correu.example", Error: fault,
		Since: "22 de novembre de 2026", Lapses: "24 de novembre de 2026",
		Code: Post{"/join/application/code", button}, Again: Post{"/join/application/again", button}, Withdraw: Post{"/join/application/withdraw", button},
	}
}

func waitingStory(state string) JoinApplication {
	button := []Field{{"t", "abc"}, {"token", "tok"}}
	page := JoinApplication{State: state, Title: "La Bressola", Contact: "hola@bressola.example", Handle: "marta.puig"}
	switch state {
	case "asked":
		page.Dialogue = []LineView{
			{false, "23 de novembre de 2026, 18:02 (CET)", "Hola! Amb qui vius?"},
			{true, "23 de novembre de 2026, 19:40 (CET)", "Amb la Rosa,\nal segon primera."},
			{false, "24 de novembre de 2026, 09:15 (CET)", "Quina Rosa? <b>N’hi ha tres</b>."},
		}
		page.Reply, page.Error, page.Together = Post{"/join/application/reply", button}, "join.reply-empty", true
		page.Withdraw = Post{"/join/application/withdraw", button}
	case "waiting", "paper":
		page.Withdraw = Post{"/join/application/withdraw", button}
	default:
		return page
	}
	page.Since, page.Lapses = "22 de novembre de 2026", "6 de desembre de 2026"
	return page
}

func invitationStory(as string) Invitation {
	page := Invitation{
		Title: "La Bressola", By: "Anna Ferrer i Puig", Words: "Vine a l’assemblea de dijous, portarem coca.", Until: "6 de desembre de 2026, 12:00 (CET)",
		New: "/join/bressola?invitation=abc", Login: "/invitation/abc",
	}
	if as != "" {
		page.New, page.Login, page.As, page.Join = "", "", as, Post{"/invitation/abc", []Field{{"token", "tok"}}}
	}
	return page
}
