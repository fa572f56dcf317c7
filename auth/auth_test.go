package auth

import (
	"errors"
	"fmt"
	"testing"
	"time"
)

func TestRateErrorSaysWhen(t *testing.T) {
	err := fmt.Errorf("login: %w", &RateError{RetryAfter: 90 * time.Second})
	var fast *RateError
	if !errors.As(err, &fast) || err.Error() != "login: too fast; again in 1m30s" {
		t.Errorf("got %v", err)
	}
}
