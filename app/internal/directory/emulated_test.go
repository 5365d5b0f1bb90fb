package directory

import "time"

// SetActTimeoutForTest gives acts more time than a server does.
func SetActTimeoutForTest(d time.Duration) { actTimeout = d }
