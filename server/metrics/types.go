package metrics

import (
	"database/sql"

	"github.com/prometheus/client_golang/prometheus"

	"parley/db"
	"parley/meter"
)

// A metric is a name and how its values are found in a snapshot. Labels have values of our own alone, and few:
// no name, no id and no address of anybody.
type metric struct {
	desc    *prometheus.Desc
	collect func(now *Snapshot, emit func(prometheus.Metric))
}

func newMetric(name, help string, labels []string, collect func(*prometheus.Desc, *Snapshot, func(prometheus.Metric))) metric {
	desc := prometheus.NewDesc(name, help, labels, nil)
	return metric{desc, func(now *Snapshot, emit func(prometheus.Metric)) { collect(desc, now, emit) }}
}

func single(kind prometheus.ValueType, name, help string, read func(*Snapshot) float64) metric {
	return newMetric(name, help, nil, func(desc *prometheus.Desc, now *Snapshot, emit func(prometheus.Metric)) {
		emit(prometheus.MustNewConstMetric(desc, kind, read(now)))
	})
}

func gauge(name, help string, read func(*Snapshot) int64) metric {
	return single(prometheus.GaugeValue, name, help, func(now *Snapshot) float64 { return float64(read(now)) })
}

func counter(name, help string, read func(*Snapshot) uint64) metric {
	return single(prometheus.CounterValue, name, help, func(now *Snapshot) float64 { return float64(read(now)) })
}

// counters are one for each value of a label.
func counters(name, help, label string, read func(*Snapshot) map[string]uint64) metric {
	return newMetric(name, help, []string{label}, func(desc *prometheus.Desc, now *Snapshot, emit func(prometheus.Metric)) {
		for value, n := range read(now) {
			emit(prometheus.MustNewConstMetric(desc, prometheus.CounterValue, float64(n), value))
		}
	})
}

// pairs are one for each pair of values of two labels.
func pairs(name, help string, labels [2]string, read func(*Snapshot) map[[2]string]uint64) metric {
	return newMetric(name, help, labels[:], func(desc *prometheus.Desc, now *Snapshot, emit func(prometheus.Metric)) {
		for values, n := range read(now) {
			emit(prometheus.MustNewConstMetric(desc, prometheus.CounterValue, float64(n), values[0], values[1]))
		}
	})
}

// histogram shows a distribution in units of so many of its own.
func histogram(name, help string, unit int64, read func(*Snapshot) meter.Distribution) metric {
	return newMetric(name, help, nil, func(desc *prometheus.Desc, now *Snapshot, emit func(prometheus.Metric)) {
		emit(constHistogram(desc, unit, read(now)))
	})
}

func constHistogram(desc *prometheus.Desc, unit int64, d meter.Distribution, labels ...string) prometheus.Metric {
	buckets, total := make(map[float64]uint64, len(d.Bounds)), uint64(0)
	for i, n := range d.Counts {
		if total += n; i < len(d.Bounds) {
			buckets[float64(d.Bounds[i])/float64(unit)] = total
		}
	}
	return prometheus.MustNewConstHistogram(desc, total, float64(d.Sum)/float64(unit), buckets, labels...)
}

// ofPools are values of each database pool; states are the values of a second label, and none: there is one value.
func ofPools(kind prometheus.ValueType, name, help string, states []string, read func(sql.DBStats) []float64) metric {
	labels := []string{"pool"}
	if len(states) > 0 {
		labels = append(labels, "state")
	}
	return newMetric(name, help, labels, func(desc *prometheus.Desc, now *Snapshot, emit func(prometheus.Metric)) {
		for pool, stats := range now.DB.Pools {
			for i, value := range read(stats) {
				values := []string{pool}
				if len(states) > 0 {
					values = append(values, states[i])
				}
				emit(prometheus.MustNewConstMetric(desc, kind, value, values...))
			}
		}
	})
}

// ofDisk is a gauge that only SQLite has: the disk of Postgres is not ours.
func ofDisk(name, help string, read func(*db.DiskStats) int64) metric {
	return newMetric(name, help, nil, func(desc *prometheus.Desc, now *Snapshot, emit func(prometheus.Metric)) {
		if now.DB.Disk != nil {
			emit(prometheus.MustNewConstMetric(desc, prometheus.GaugeValue, float64(read(now.DB.Disk))))
		}
	})
}

func toInt(b bool) int64 {
	if b {
		return 1
	}
	return 0
}
