// SPDX-License-Identifier: AGPL-3.0-or-later

package retention

import "time"

// Day is one of the length that all days have but two a year.
const Day = 24 * time.Hour

// How long things are kept that a person is known by.
const (
	// Grace is how long an erasure can be cancelled.
	Grace = 14 * Day

	// NoCollective is how long an account lives that nobody vouches for.
	NoCollective = 90 * Day

	// Unproven is how long a request to join waits for the proof of its address.
	// Lapse is how long one waits for an answer where the collective says
	// nothing, and LapseMax the most that it can say.
	Unproven = 2 * Day
	Lapse    = 14 * Day
	LapseMax = 90 * Day

	// Invitation is how long one can be good, at most.
	Invitation = 365 * Day
)

// How long things live in the store.
const (
	// Session is how long a browser stays logged in at most.
	Session = 7 * Day

	// SignOn is how long a sign-on may be under way.
	SignOn = time.Hour

	// Trace is how long somebody who keeps a service can test it by a sign-on of
	// their own, and read what it showed.
	Trace = 10 * time.Minute

	// Used is how long it is known how often a service was used on a day.
	Used = 62 * Day

	// Skew is how far the clocks of services may be off, either way: a request is
	// taken for so long before and after the time that it says.
	Skew = 5 * time.Minute

	// ComeBack is how long a browser takes to follow a redirect of ours.
	ComeBack = 5 * time.Minute

	// Answered is how long it is known that a service's request was answered: as
	// long as the same one could begin a sign-on that waits for its person, and a
	// little more for nodes whose clocks differ.
	Answered = 2*Skew + ComeBack + SignOn + 5*time.Minute

	// Grant is how long a service may renew what it was given, where it was
	// allowed to while the person is away.
	Grant = 90 * Day

	// Assertion is how long a service's proof of itself is remembered.
	Assertion = time.Hour

	// Attempts is how long tries are counted, at most.
	Attempts = Unproven

	// Ticket is how long it is remembered that a link was used: as long as the
	// longest-lived link that is good once, that of who comes back with a code on
	// paper and was accepted.
	Ticket = LapseMax

	// Logout is how long it is tried to tell a service that a session is over:
	// longer than one is down over a weekend.
	Logout = 3 * Day

	// LogoutRecord is how long it is remembered what came of telling services.
	LogoutRecord = 30 * Day

	// Farewell is how long a log-out may be under way in the browser.
	Farewell = 30 * time.Minute

	// Mail is how long a mail waits for a mail server before it is given up:
	// what it is about is out of date by then.
	Mail = 3 * Day

	// Sweeps is how long nodes leave notes to each other.
	Sweeps = 7 * Day

	// ActivityOfPerson and ActivityOfCollective are how long people, and those who
	// manage a collective, can look back at what happened. Months go whole, so
	// that at least three, and twelve, can be seen.
	ActivityOfPerson     = 4 * 31 * Day
	ActivityOfCollective = 13 * 31 * Day
)

// How long files are kept.
const (
	// Audit is how long the record is kept, if the operator says nothing else.
	// Its months go whole, when the last day of one is as old, so that its first
	// day is a month older then.
	Audit = 366 * Day
)

// How long a browser keeps cookies.
const (
	BrowserName = 2 * time.Hour
	Language    = 365 * Day
)
