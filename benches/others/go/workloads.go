package main

import (
	"fmt"
	"io"
	"net"
	"runtime"
	"sync/atomic"
	"time"
)

// The work, with goroutines and channels. A join is a channel for one message.
var workloads = map[string]func(int) outcome{
	"spawn_join_from_task": spawnJoinFromTask,
	"yield_many":           yieldMany,
	"ping_pong":            pingPong,
	"chained_spawn":        chainedSpawn,
	"skynet":               skynet,
	"mpsc_1_to_1":          func(size int) outcome { return mpsc(size, 1) },
	"mpsc_10_to_1":         func(size int) outcome { return mpsc(size, 10) },
	"mpsc_100_to_1":        func(size int) outcome { return mpsc(size, 100) },
	"sleepers":             sleepers,
	"echo_64_connections":  echo64Connections,
}

func spawn(task func()) chan struct{} {
	done := make(chan struct{}, 1)
	go func() {
		task()
		done <- struct{}{}
	}()
	return done
}

func join(tasks []chan struct{}) {
	for _, done := range tasks {
		<-done
	}
}

func spawnJoinFromTask(size int) outcome {
	<-spawn(func() {
		tasks := make([]chan struct{}, size)
		for i := range tasks {
			tasks[i] = spawn(func() {})
		}
		join(tasks)
	})
	return outcome{operations: size}
}

const yielders = 200

func yieldMany(times int) outcome {
	tasks := make([]chan struct{}, yielders)
	for i := range tasks {
		tasks[i] = spawn(func() {
			for n := 0; n < times; n++ {
				runtime.Gosched()
			}
		})
	}
	join(tasks)
	return outcome{operations: yielders * times}
}

func pingPong(size int) outcome {
	pairs := make([]chan struct{}, size)
	for i := range pairs {
		pairs[i] = spawn(func() {
			question, answer := make(chan struct{}, 1), make(chan struct{}, 1)
			go func() {
				<-question
				answer <- struct{}{}
			}()
			question <- struct{}{}
			<-answer
		})
	}
	join(pairs)
	return outcome{operations: size}
}

func chainedSpawn(size int) outcome {
	done := make(chan struct{}, 1)
	var link func(int)
	link = func(left int) {
		if left == 0 {
			done <- struct{}{}
		} else {
			go link(left - 1)
		}
	}
	go link(size)
	<-done
	return outcome{operations: size}
}

func skynet(size int) outcome {
	var node func(chan<- int64, int64, int64)
	node = func(parent chan<- int64, first, leaves int64) {
		if leaves <= 1 {
			parent <- first
			return
		}
		share := leaves / 10
		children := make(chan int64, 10)
		for i := int64(0); i < 10; i++ {
			go node(children, first+i*share, share)
		}
		var sum int64
		for i := 0; i < 10; i++ {
			sum += <-children
		}
		parent <- sum
	}
	root := make(chan int64, 1)
	go node(root, 0, int64(size))
	if sum, expected := <-root, int64(size)*int64(size-1)/2; sum != expected {
		fail(fmt.Sprintf("the leaves sum up to %d", sum))
	}
	return outcome{operations: size}
}

const capacity = 100

func mpsc(size, senders int) outcome {
	messages := make(chan uint64, capacity)
	share := size / senders
	for i := 0; i < senders; i++ {
		go func() {
			for n := 0; n < share; n++ {
				messages <- uint64(n)
			}
		}()
	}
	var sum uint64
	for n := 0; n < share*senders; n++ {
		sum += <-messages
	}
	if expected := uint64(senders) * uint64(share) * uint64(share-1) / 2; sum != expected {
		fail(fmt.Sprintf("the messages sum up to %d", sum))
	}
	return outcome{operations: share * senders}
}

// Every goroutine sleeps equally long, long enough for all of them to be there before the first wakes.
func sleepers(size int) outcome {
	sleep := 50*time.Millisecond + time.Duration(size)*10*time.Microsecond
	before := memory("VmRSS")
	start := time.Now()
	var started int64
	tasks := make([]chan struct{}, size)
	for i := range tasks {
		tasks[i] = spawn(func() {
			atomic.AddInt64(&started, 1)
			time.Sleep(sleep)
		})
	}
	for atomic.LoadInt64(&started) < int64(size) {
		time.Sleep(time.Millisecond)
	}
	grown := memory("VmRSS") - before
	join(tasks)
	over := time.Since(start) - sleep
	return outcome{size, map[string]float64{
		"over":  float64(over.Nanoseconds()),
		"bytes": float64(grown) / float64(size),
	}}
}

const (
	connections = 64
	message     = 64
)

// The clock starts when every connection has been used once.
func echo64Connections(roundTrips int) outcome {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		fail(err)
	}
	defer listener.Close()
	go func() {
		for i := 0; i < connections; i++ {
			stream, err := listener.Accept()
			if err != nil {
				fail(err)
			}
			go serve(stream)
		}
	}()
	streams := make([]net.Conn, connections)
	for i := range streams {
		if streams[i], err = net.Dial("tcp", listener.Addr().String()); err != nil {
			fail(err)
		}
		defer streams[i].Close()
		ask(streams[i], 1)
	}

	start := time.Now()
	clients := make([]chan struct{}, connections)
	for i, stream := range streams {
		stream := stream
		clients[i] = spawn(func() { ask(stream, roundTrips) })
	}
	join(clients)
	operations := connections * roundTrips
	return outcome{operations, map[string]float64{
		"time": float64(time.Since(start).Nanoseconds()) / float64(operations),
	}}
}

func serve(stream net.Conn) {
	defer stream.Close()
	buffer := make([]byte, message)
	for {
		if _, err := io.ReadFull(stream, buffer); err != nil {
			return
		}
		if _, err := stream.Write(buffer); err != nil {
			return
		}
	}
}

func ask(stream net.Conn, roundTrips int) {
	buffer := make([]byte, message)
	for n := 0; n < roundTrips; n++ {
		if _, err := stream.Write(buffer); err != nil {
			fail(err)
		}
		if _, err := io.ReadFull(stream, buffer); err != nil {
			fail(err)
		}
	}
}
