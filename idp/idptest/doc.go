// SPDX-License-Identifier: AGPL-3.0-or-later

// Package idptest is the world that tests of the whole Clau live in: a Clau in
// process over the embedded stores or over real servers ([Start]), a sample
// federation ([Federation]), a service that relies on it ([RelyingParty]), a
// clock that a test moves ([Clock]), and two browsers under one interface
// ([Browser]): a small one without scripts ([NewBrowser]) and Chromium with
// scripts turned off ([NewChromium]).
//
// Stories written with it have no error plumbing: each step either works or
// ends the test at the line of the step, saying where the browser was and what
// it showed.
//
// The package is for tests alone and is never linked into Clau.
package idptest
