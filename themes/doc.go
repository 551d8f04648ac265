// SPDX-License-Identifier: AGPL-3.0-or-later

// Package themes owns everything that a person sees: the pages, the stylesheet,
// the words in each language, the mails.
//
// A handler fills a [Page] and hands it over; a designer changes the files below
//
//	templates/   one HTML template for each page, layout.html around them, *parts.html in them
//	assets/      the stylesheet and the drawings
//	locales/     the words, one file for each language
//	mails/       one text and one HTML template for each mail
//
// and neither reads what the other wrote. An overlay replaces any of these files
// by its path; a locale file of an overlay need only hold the sentences that it
// changes, and one for a new language adds it. [New] checks all of it and
// reports every fault at once, so that no person is the first to see one.
//
// What holds in every page: it works without JavaScript; it fetches nothing from
// anywhere else; it has no inline style and no inline script but the one whose
// digest is [FormPostScriptHash]; text from people and services is text, never
// HTML, CSS or a script address.
//
// The package decides nothing: not who may see a page, nor which status it is
// sent with, nor what is in it. It imports nothing of Clau.
package themes
