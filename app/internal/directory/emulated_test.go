package directory

import "time"

// SetActTimeout gives acts more time than a server does.
func SetActTimeout(d time.Duration) { actTimeout = d }
