package main

import (
	"encoding/json"
	"errors"
	"io/fs"
	"log"
	"maps"
	"os"
	"slices"
)

// Places are where the bot goes on: what the last CAUGHT_UP said, and the newest cursor of each room since.
type places struct {
	file     string
	CaughtUp []string
	Newest   map[string]string // by the room's id
}

// load reads the file. Where there is none the bot begins with what is said from now on.
func load(file string) *places {
	p := &places{file: file, Newest: map[string]string{}}
	text, err := os.ReadFile(file)
	if err == nil {
		err = json.Unmarshal(text, p)
	}
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		log.Fatalf("the cursor cannot be read: %v", err)
	}
	return p
}

func (p *places) after() []string {
	return slices.AppendSeq(slices.Clone(p.CaughtUp), maps.Values(p.Newest))
}

// most is of how many rooms there are newest cursors before another CAUGHT_UP is to say all at once: a request has at most
// 128 KiB, which are some 2,700 cursors.
const most = 100

// move notes that an event has been dealt with, and returns false when it is time for another CAUGHT_UP. Events without a
// cursor are not stored, and move nothing.
func (p *places) move(e event) (more bool) {
	switch {
	case e.Cursors != nil:
		p.CaughtUp, p.Newest = e.Cursors, map[string]string{}
	case e.Cursor != "":
		p.Newest[e.Room.ID] = e.Cursor
	default:
		return true
	}
	if err := p.save(); err != nil {
		log.Fatalf("the cursor cannot be written: %v", err)
	}
	return len(p.Newest) < most
}

// region save

// save replaces the file as a whole: a kill leaves the old one or the new one, and never half of it.
func (p *places) save() error {
	text, err := json.Marshal(p)
	if err != nil {
		return err
	}
	f, err := os.Create(p.file + ".new")
	if err != nil {
		return err
	}
	_, err = f.Write(text)
	if err := errors.Join(err, f.Sync(), f.Close()); err != nil {
		return err
	}
	return os.Rename(f.Name(), p.file)
}

// endregion

// check looks at why a stream has ended. Cursors of somebody else's end the bot; those that the server does not know any
// more are forgotten.
func (p *places) check(err error) {
	var f *failure
	switch {
	case !errors.As(err, &f):
	case f.Extensions.Reason == "CURSOR_INVALID":
		log.Fatalf("%s is not of this bot: %v", p.file, err)
	case f.Extensions.Code == "CURSOR_DIVERGED":
		log.Print("the server was put back to a backup: on with what is said from now on")
		p.CaughtUp, p.Newest = nil, map[string]string{}
	}
}
