package resolve

import (
	"context"
	"errors"
	"fmt"

	"seedtest"
)

func ExampleResolver() {
	ctx := context.Background()
	r, err := New(Options{Servers: []string{"192.0.2.53"}, Dial: one(world).dial})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(r.MX(ctx, "mail.example"))
	_, err = r.MX(ctx, "gone.example")
	fmt.Println(errors.Is(err, seedtest.ErrNXDOMAIN), KindOf(err))
	_, err = r.IP4(ctx, "servfail.example")
	fmt.Println(errors.Is(err, seedtest.ErrNXDOMAIN), KindOf(err))
	// Output:
	// [c.example b.example a.example] <nil>
	// true nxdomain
	// false servfail
}
