package archive

import (
	"bufio"
	"cmp"
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/binary"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/google/uuid"

	"parley/db"
	"parley/db/dbtest"
)

// A sample is an export of chats in rooms, made without a database.
type sample struct {
	rng   *rand.Rand
	rooms []uuid.UUID
	chats int // of each room
}

func newSample(rooms, chats int) *sample {
	s := &sample{rng: rand.New(rand.NewPCG(1, 2)), chats: chats}
	for range rooms {
		s.rooms = append(s.rooms, s.id())
	}
	slices.SortFunc(s.rooms, func(a, b uuid.UUID) int { return strings.Compare(a.String(), b.String()) })
	return s
}

func (s *sample) id() uuid.UUID {
	var id uuid.UUID
	binary.BigEndian.PutUint64(id[:8], s.rng.Uint64())
	binary.BigEndian.PutUint64(id[8:], s.rng.Uint64())
	id[6], id[8] = id[6]&0x0f|0x40, id[8]&0x3f|0x80
	return id
}

// chatID is the id of a chat, the same whenever it is asked for.
func (s *sample) chatID(room, number int) string {
	return newSampleID(uint64(room)<<32 | uint64(number)).String()
}

func newSampleID(seed uint64) uuid.UUID {
	one := sample{rng: rand.New(rand.NewPCG(seed, 7))}
	return one.id()
}

func tagOf(room, number int) string {
	return strconv.FormatUint(newSampleTag(room, number), 10)
}

func newSampleTag(room, number int) uint64 {
	return (uint64(room)<<32|uint64(number))*0x9e3779b97f4a7c15>>1 | 1
}

// write writes the export, of texts of about 60 characters.
func (s *sample) write(w io.Writer) error {
	sum, err := sha256.New(), error(nil)
	both := io.MultiWriter(w, sum)
	line, err := appendHeader(nil)
	if err != nil {
		return err
	}
	counts := make([]int64, len(allTables))
	if _, err := both.Write(line); err != nil {
		return err
	}
	for i, t := range allTables {
		writer, buffer := newLineWriter(t), []byte(nil)
		for row := range s.table(t.Name) {
			cells := make([][]byte, len(t.Columns))
			for i, c := range t.Columns {
				if text, given := row[c.Name]; given || !c.Null {
					cells[i] = []byte(cmp.Or(text, "0"))
				}
			}
			if buffer, err = writer.append(buffer[:0], cells); err != nil {
				return err
			}
			if _, err := both.Write(buffer); err != nil {
				return err
			}
			counts[i]++
		}
	}
	_, err = w.Write(appendTrailer(nil, sum.Sum(nil), counts))
	return err
}

// table yields the rows of a table as texts. What is not there is null, or else 0.
func (s *sample) table(name string) func(yield func(map[string]string) bool) {
	const at = "2026-01-31T12:00:00.250Z"
	ann, n := "00000000-0000-4000-8000-000000000001", strconv.Itoa
	return func(yield func(map[string]string) bool) {
		switch name {
		case "users":
			yield(map[string]string{"id": ann, "created_at": at, "username": "ann", "username_key": "ann"})
		case "rooms":
			for i, id := range s.rooms {
				tag := "0"
				if s.chats > 0 {
					tag = tagOf(i, s.chats)
				}
				if !yield(map[string]string{
					"id": id.String(), "created_by": ann, "kind": "PUBLIC", "created_at": at, "name": "room" + n(i), "name_key": "room" + n(i), "send_role": "2",
					"last_place": n(s.chats), "last_number": n(s.chats), "last_tag": tag, "last_at": at,
				}) {
					return
				}
			}
		case "chats":
			for i, id := range s.rooms {
				for j := 1; j <= s.chats; j++ {
					if !yield(map[string]string{
						"room_id": id.String(), "number": n(j), "place": n(j), "tag": tagOf(i, j), "id": s.chatID(i, j), "user_id": ann, "username": "ann",
						"text": "the quick brown fox jumps over the lazy dog, and says \"" + n(j) + "\"", "created_at": at,
					}) {
						return
					}
				}
			}
		case "room_events":
			for i, id := range s.rooms {
				for j := 1; j <= s.chats; j++ {
					if !yield(map[string]string{
						"room_id": id.String(), "place": n(j), "number": n(j), "kind": "CHAT_SENT", "tag": tagOf(i, j), "at": at, "actor_id": ann, "chat_id": s.chatID(i, j),
					}) {
						return
					}
				}
			}
		}
	}
}

// moved is what the benchmarks move: MOVED chats, default 100,000, in 100 rooms.
func moved(b *testing.B) (file string, chats int) {
	b.Helper()
	chats = 100_000
	if text := os.Getenv("MOVED"); text != "" {
		var err error
		if chats, err = strconv.Atoi(text); err != nil {
			b.Fatal(err)
		}
	}
	file = filepath.Join(b.TempDir(), "export")
	f, err := os.Create(file)
	if err != nil {
		b.Fatal(err)
	}
	buffered := bufio.NewWriterSize(f, 1<<20)
	if err := newSample(100, chats/100).write(buffered); err != nil {
		b.Fatal(err)
	}
	if err := buffered.Flush(); err != nil {
		b.Fatal(err)
	}
	return file, chats / 100 * 100
}

// targets are an empty database of each kind for a benchmark.
func targets(b *testing.B) map[string]func() db.Options {
	b.Helper()
	server, err := dbtest.NewServer(b.Context(), dbtest.OnDisk)
	if err != nil {
		b.Skip(err)
	}
	b.Cleanup(server.Remove)
	made := 0
	return map[string]func() db.Options{
		"sqlite": func() db.Options { return db.Options{URL: "sqlite:parley.db", Dir: b.TempDir()} },
		"postgres": func() db.Options {
			made++
			name := "moved" + strconv.Itoa(made)
			if err := server.Create(b.Context(), name, ""); err != nil {
				b.Fatal(err)
			}
			return db.Options{URL: server.URL(name)}
		},
	}
}

// BenchmarkMoving moves chats in and out. A chat is its row and its event's.
func BenchmarkMoving(b *testing.B) {
	file, chats := moved(b)
	rate := func(b *testing.B) { b.ReportMetric(float64(chats*b.N)/b.Elapsed().Seconds(), "chats/s") }
	for kind, empty := range targets(b) {
		var full db.Options
		b.Run("import/"+kind, func(b *testing.B) {
			for b.Loop() {
				b.StopTimer()
				full = empty()
				b.StartTimer()
				importFile(b, full, file)
			}
			rate(b)
		})
		b.Run("export/"+kind, func(b *testing.B) {
			for b.Loop() {
				if _, err := Export(b.Context(), full, io.Discard); err != nil {
					b.Fatal(err)
				}
			}
			rate(b)
		})
		b.Run("bare-read/"+kind, func(b *testing.B) {
			for b.Loop() {
				readBare(b, full)
			}
			rate(b)
		})
	}
}

func importFile(t testing.TB, o db.Options, file string) {
	t.Helper()
	f, err := os.Open(file)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = f.Close() }()
	if _, err := importRows(context.Background(), o, f, nil); err != nil {
		t.Fatal(err)
	}
}

// readBare reads the rows of chats and events as anybody would, and does nothing with them.
func readBare(t testing.TB, o db.Options) {
	t.Helper()
	driver, url := "pgx", o.URL
	if strings.HasPrefix(url, "sqlite:") {
		driver, url = "sqlite3", filepath.Join(o.Dir, strings.TrimPrefix(url, "sqlite:"))
	}
	pool, err := sql.Open(driver, url)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = pool.Close() }()
	for _, table := range allTables[6:] {
		rows, err := pool.QueryContext(t.Context(), fmt.Sprintf("SELECT * FROM %s", table.Name))
		if err != nil {
			t.Fatal(err)
		}
		names, err := rows.Columns()
		if err != nil {
			t.Fatal(err)
		}
		cells, into := make([]sql.RawBytes, len(names)), make([]any, len(names))
		for i := range cells {
			into[i] = &cells[i]
		}
		for rows.Next() {
			if err := rows.Scan(into...); err != nil {
				t.Fatal(err)
			}
		}
		if err := cmp.Or(rows.Close(), rows.Err()); err != nil {
			t.Fatal(err)
		}
	}
}
