package archive

import (
	"bufio"
	"bytes"
	"context"
	"crypto/sha256"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"

	"github.com/google/uuid"

	"parley/bench/client"
	"parley/bench/load"
	"parley/bench/suite"
)

// writeExport writes an export of one room with n chats: that of a room with one chat, whose lines are
// repeated. To send them all would take longer than to measure. docs/export.md has the format.
func writeExport(ctx context.Context, s *suite.Suite, file string, n int) error {
	const one = "export_of_one"
	p, err := s.StartCopy(ctx, suite.Parley, one)
	if err != nil {
		return err
	}
	sends, err := load.NewSender(client.ParleyRoute(p.URL), s.Users[0], s.RoomIDs[0], suite.TextSize)
	if err != nil {
		return err
	}
	err = load.Fill(sends, 1)
	sends.Conn.Close()
	if err != nil {
		return err
	}
	if err := p.Stop(); err != nil {
		return err
	}
	small := filepath.Join(s.Temp, one+".ndjson")
	if output, err := tool(ctx, s, database{name: one}, "export", small).CombinedOutput(); err != nil {
		return fmt.Errorf("export: %w\n%s", err, output)
	}
	text, err := os.ReadFile(small)
	if err != nil {
		return err
	}
	to, err := os.Create(file)
	if err != nil {
		return err
	}
	defer func() { _ = to.Close() }() // Flush has said what went wrong
	out := bufio.NewWriterSize(to, 1<<20)
	if err := multiply(out, text, n); err != nil {
		return err
	}
	return out.Flush()
}

// multiply writes an export in which the only chat is there n times, under numbers and ids of its own.
func multiply(to io.Writer, export []byte, n int) error {
	sum := sha256.New()
	out := io.MultiWriter(to, sum)
	ids := make([]uuid.UUID, n)
	for i := range ids {
		ids[i] = uuid.New()
	}
	for line := range bytes.Lines(export) {
		text := string(line)
		times := 1
		switch {
		case strings.HasPrefix(text, `{"table":"rooms"`) && !strings.Contains(text, `"last_place":0,`):
			text = asFormat(text, map[string]string{"last_place": "%[1]d", "last_number": "%[1]d", "last_tag": `"%[3]d"`})
		case strings.HasPrefix(text, `{"table":"chats"`):
			text, times = asFormat(text, map[string]string{"number": "%[1]d", "place": "%[1]d", "id": `"%[2]s"`, "tag": `"%[3]d"`}), n
		case strings.HasPrefix(text, `{"table":"room_events"`):
			text, times = asFormat(text, map[string]string{"number": "%[1]d", "place": "%[1]d", "chat_id": `"%[2]s"`, "tag": `"%[3]d"`}), n
		case strings.HasPrefix(text, `{"sha256"`):
			_, err := io.WriteString(to, asFormat(text, map[string]string{
				"sha256": fmt.Sprintf(`"%x"`, sum.Sum(nil)), "chats": strconv.Itoa(n), "room_events": strconv.Itoa(n),
			}))
			return err
		default:
			text = strings.ReplaceAll(text, "%", "%%")
		}
		for i := range times {
			number := i + 1 + n - times // a line that is there once has the last
			// A format with an explicit index may leave arguments over.
			if _, err := fmt.Fprintf(out, text+"%.0[4]s", number, ids[number-1], tagOf(number), ""); err != nil {
				return err
			}
		}
	}
	return fmt.Errorf("the export has no trailer: %.200s", export)
}

// tagOf is any number that is not 0.
func tagOf(number int) int64 { return 1<<62 | int64(number) }

// asFormat puts other values into a line, which becomes a format.
func asFormat(line string, values map[string]string) string {
	line = strings.ReplaceAll(line, "%", "%%")
	for name, value := range values {
		line = regexp.MustCompile(`"`+name+`":("[^"]*"|\d+)`).ReplaceAllLiteralString(line, `"`+name+`":`+value)
	}
	return line
}
