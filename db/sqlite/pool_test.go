package sqlite

import (
	"path/filepath"
	"strings"
	"testing"
)

// The driver ignores a misspelt parameter, and without it committed writes can be lost.
func TestWrongSettingStopsTheStart(t *testing.T) {
	for wrong, names := range map[string]string{
		strings.Replace(writerDSN, "_sync=FULL", "_sink=FULL", 1):        "synchronous=1",
		strings.Replace(writerDSN, "_fk=1", "_pragma=fk", 1):             "foreign_keys=0",
		strings.Replace(writerDSN, "_journal=WAL", "_journal=DELETE", 1): "journal_mode=delete",
	} {
		pool, err := openPool(t.Context(), dsn(filepath.Join(t.TempDir(), "x.db"), wrong), 1)
		if err != nil {
			t.Fatal(err)
		}
		err = checkSettings(t.Context(), pool, writerPragmas)
		if err == nil || !strings.Contains(err.Error(), names) {
			t.Errorf("%s: got %v, want it to name %s", wrong, err, names)
		}
		_ = pool.Close()
	}
}

func TestOldSQLiteIsRefused(t *testing.T) {
	for version, below := range map[string]bool{
		"3.51.3": false, "3.51.4": false, "3.52.0": false, "4.0.0": false,
		"3.51.2": true, "3.50.9": true, "2.99.99": true, "3.51": true, "x": true,
	} {
		if versionBelow(version, oldestSQLite) != below {
			t.Errorf("%s: below is %v, want %v", version, !below, below)
		}
	}
}
