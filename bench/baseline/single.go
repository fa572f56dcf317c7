package main

import (
	"database/sql"
	"errors"
	"fmt"
)

// single commits each send by itself: what every server does that has no group commit.
type single struct {
	db                    *sql.DB
	reserve, chat, events *sql.Stmt
}

func newSingle(file string) (*single, error) {
	db, err := openWriter(file)
	if err != nil {
		return nil, err
	}
	s := &single{db: db}
	var err1, err2, err3 error
	s.reserve, err1 = db.Prepare(reserve)
	s.chat, err2 = db.Prepare(insertChats + chatRow)
	s.events, err3 = db.Prepare(insertEvents + eventRow)
	if err := errors.Join(err1, err2, err3); err != nil {
		return nil, fmt.Errorf("prepare: %w", err)
	}
	return s, nil
}

func (s *single) close() { _ = s.db.Close() }

func (s *single) send(c chat) (int, error) {
	e := entry{chat: c, tag: newTag(), at: now()}
	tx, err := s.db.Begin()
	if err != nil {
		return 0, fmt.Errorf("begin: %w", err)
	}
	defer func() { _ = tx.Rollback() }() // does nothing after a commit
	err = tx.Stmt(s.reserve).QueryRow(1, 1, e.tag, e.at, e.Room).Scan(&e.place, &e.number)
	if err != nil {
		return 0, fmt.Errorf("reserve a number: %w", err)
	}
	if _, err := tx.Stmt(s.chat).Exec(e.chatValues(nil)...); err != nil {
		return 0, fmt.Errorf("insert the chat: %w", err)
	}
	if _, err := tx.Stmt(s.events).Exec(e.eventValues(nil)...); err != nil {
		return 0, fmt.Errorf("insert the event: %w", err)
	}
	if err := tx.Commit(); err != nil {
		return 0, fmt.Errorf("commit: %w", err)
	}
	return e.number, nil
}
