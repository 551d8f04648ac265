// SPDX-License-Identifier: AGPL-3.0-or-later

package themes

func farewellStories() []story {
	under := []LogoutView{{"El Núvol", "done"}, {"Àgora", "browser"}, {"Tasques", "retrying"}, {"Aules", "asked"}}
	over := []LogoutView{{"El Núvol", "done"}, {"Àgora", "failed"}, {"Tasques", "retrying"}, {"Aules", "asked"}, {"Factures", "unsupported"}, {"Mapes", "browser"}}
	without := Post{Action: "/farewell", Fields: []Field{{Name: "h", Value: "abc"}, {Name: "leg", Value: "1"}}}
	return []story{
		{"farewell", Frame{}, Farewell{Services: under, To: "Àgora", Next: "/farewell?h=abc&leg=1", Pause: 1}},
		{"farewell-frames", Frame{}, Farewell{
			Services: under[3:], Next: "/farewell?h=abc", Pause: 4,
			Frames: []string{"https://aules.bressola.example/logout?sid=1&iss=https%3A%2F%2Fid.example"},
		}},
		{"farewell-waiting", Frame{}, Farewell{Services: under, Waiting: "Àgora", Next: "/farewell?h=abc&leg=1", Without: without}},
		{"farewell-over", Frame{}, LoggedOut{Services: over}},
		{"my-sessions-last", Frame{Here: "/account/sessions", Person: "Marta Puig"}, MySessions{
			Sessions: []SessionView{{Current: true, Since: "1 de novembre de 2026, 9:00"}},
			Last:     over, LastWhen: "31 d’octubre de 2026, 18:30",
		}},
	}
}
