// SPDX-License-Identifier: AGPL-3.0-or-later

// Package config owns the configuration file: what may stand in it, what is
// wrong with it, and the ready values that come of it.
//
// A file goes through three steps. It is decoded strictly, so that a misspelt
// key is an error and not a silent default. It is held against one table that
// finds every fault at once, each with the line of its key. Only then is it
// resolved into [Settings], where paths are absolute, addresses parsed and
// secrets read.
//
// Secrets never stand in the file; it names the files that hold them. The
// package opens no connection and starts nothing: whether a directory or a mail
// server answers is asked by the commands.
package config
