package chat

import (
	"cmp"
	"context"
	"log/slog"
	"sync"
	"time"

	"github.com/google/uuid"

	"parley/audit"
	"parley/chat/blocks"
	"parley/chat/direct"
	"parley/chat/enrol"
	"parley/chat/follow"
	"parley/chat/invites"
	"parley/chat/limits"
	"parley/chat/members"
	"parley/chat/mentions"
	"parley/chat/pages"
	"parley/chat/purge"
	"parley/chat/queue"
	"parley/chat/reactions"
	"parley/chat/readers"
	"parley/chat/reads"
	"parley/chat/replies"
	"parley/chat/roomlog"
	"parley/chat/rooms"
	"parley/chat/signals"
	"parley/db"
	"parley/limit"
	"parley/meter"
	"parley/rights"
)

// Options of a Service. The zero value of a number means its default; the zero limit.Rate means none.
type Options struct {
	Notifier       Notifier
	Now            func() time.Time // default time.Now; made UTC and cut to milliseconds
	TextLength     int              // PARLEY_CHAT_MAX_LENGTH, code points, default and at most 10,000
	QueueEntries   int              // PARLEY_WRITE_QUEUE, default 4096
	BatchEntries   int              // PARLEY_WRITE_BATCH, default 256
	HeadsInterval  time.Duration    // PARLEY_HEADS_INTERVAL, default 2 s
	WindowBytes    int64            // chats kept for readers, default 16 MiB
	SendRate       limit.Rate       // PARLEY_SEND_RATE, of one user; burst × 3
	BotSendRate    limit.Rate       // PARLEY_BOT_SEND_RATE, of one bot instead; burst × 3
	RoomSendRate   limit.Rate       // PARLEY_ROOM_SEND_RATE, into one room; burst × 2
	MutationRate   limit.Rate       // PARLEY_MUTATION_RATE, of one user, all other changes; burst × 3
	RoomCreateRate limit.Rate       // PARLEY_ROOM_CREATE_RATE, of one user; burst × 1
	RoomMaxMembers int              // PARLEY_ROOM_MAX_MEMBERS, default 5,000
	UserMaxRooms   int              // PARLEY_USER_MAX_ROOMS, that one person is in, and half of those of a bot, default 1,000
	Withheld       rights.Withheld  // what PARLEY_MEMBERS_MAY leaves out, for bots and server admins alone; default nothing

	// FindPerson finds a person by a username or an id; its error says that there is none. Default: there is nobody.
	FindPerson func(ctx context.Context, nameOrID string) (Caller, error)

	// OnEnrolling is told how many rooms that are older than members wait until those who have sent there are members, when that
	// begins, and 0 at its end. Default: nobody.
	OnEnrolling func(left int)

	Audit     *slog.Logger                 // gets the records; nil: nobody does
	RequestID func(context.Context) string // names the request in them

	OnError func(error) // told what went wrong in the background work of Run, which is tried again
}

// WithDefaults returns the options with a default for what is zero.
func (o Options) WithDefaults() Options {
	o.TextLength = cmp.Or(o.TextLength, MaxText)
	o.QueueEntries = cmp.Or(o.QueueEntries, 4096)
	o.BatchEntries = cmp.Or(o.BatchEntries, 256)
	o.HeadsInterval = cmp.Or(o.HeadsInterval, 2*time.Second)
	o.WindowBytes = cmp.Or(o.WindowBytes, 16<<20)
	if o.Now == nil {
		o.Now = time.Now
	}
	o.RoomMaxMembers = cmp.Or(o.RoomMaxMembers, 5000)
	o.UserMaxRooms = cmp.Or(o.UserMaxRooms, 1000)
	if o.FindPerson == nil {
		o.FindPerson = func(context.Context, string) (Caller, error) { return Caller{}, ErrNoPerson }
	}
	if o.OnEnrolling == nil {
		o.OnEnrolling = func(int) {}
	}
	if o.OnError == nil {
		o.OnError = func(error) {}
	}
	return o
}

// What a Service does by packages of its own.
type (
	ofBlocks    = blocks.Service
	ofRooms     = rooms.Service
	ofReplies   = replies.Replies
	ofReactions = reactions.Service
	ofReads     = reads.Service
	ofDirect    = direct.Service
	ofInvites   = invites.Service
	ofMembers   = members.Roster
	ofPages     = pages.Pages
	ofSignals   = signals.Service
)

// Service is rooms and chats over one database. It is safe for concurrent use.
type Service struct {
	*ofBlocks
	*ofRooms
	*ofDirect
	*ofInvites
	*ofMembers
	*ofPages
	*ofReads
	*ofReplies
	*ofReactions
	*ofSignals
	o         Options
	store     *db.Store
	log       *roomlog.Log
	following *follow.Caches
	queue     *queue.Queue
	mentions  *mentions.Mentions
	readers   *readers.Readers
	purger    *purge.Purger
	sweeper   *purge.Sweeper
	enroller  *enrol.Enroller
	leaver    *members.Leaver
	notifier  Notifier
	grants    grants
	sends     *limits.Limiter
	botSends  *limits.Limiter
	roomSends *limits.Limiter
	changes   *limits.Limiter
	audit     *audit.Log
	sent      *meter.Tally
	rejudged  *meter.Tally
}

// New makes a Service. It sends and streams only while Run runs.
func New(store *db.Store, o Options) *Service {
	o = o.WithDefaults()
	s := &Service{
		o: o, store: store, notifier: o.Notifier, sent: newTally(), rejudged: meter.NewTally("allowed", "refused"), audit: audit.New(o.Audit, o.RequestID, audit.OfRooms), purger: purge.New(store, o.OnError),
		enroller:  enrol.New(store, o.OnEnrolling, o.OnError),
		sends:     limits.New(o.SendRate, 3, o.Now),
		botSends:  limits.New(o.BotSendRate, 3, o.Now),
		roomSends: limits.New(o.RoomSendRate, 2, o.Now),
		changes:   limits.New(o.MutationRate, 3, o.Now),
	}
	s.sweeper = purge.NewSweeper(s.purger, o.OnError)
	s.log, s.mentions = roomlog.New(store), mentions.New(store)
	s.following = follow.New(s.log, follow.Options{
		WindowBytes: o.WindowBytes, HeadsInterval: o.HeadsInterval, OnError: o.OnError, Notify: o.Notifier.Notify,
	})
	s.ofSignals = signals.New(signals.Options{
		Store: store, Carrier: o.Notifier, Rooms: s.following, Now: s.now, MaxBytes: MaxSignal, OnError: o.OnError,
	})
	s.readers = readers.New(store, readers.Options{MaxRooms: MaxRooms, Interval: o.HeadsInterval, Now: s.now, OnError: o.OnError})
	shared := s.shared()
	s.queue = queue.New(store, s.log, queue.Options{
		Entries: o.QueueEntries, BatchEntries: o.BatchEntries, Mentions: s.mentions, Now: s.now, MaySend: s.maySend, MayRead: s.mayRead,
		MaxMembers: o.RoomMaxMembers, MaxRooms: o.UserMaxRooms, Committed: s.following.Committed,
		Tell: shared.Tell,
	})
	s.ofRooms, s.ofDirect, s.ofInvites = rooms.New(shared), direct.New(shared), invites.New(shared)
	s.ofBlocks = blocks.New(shared)
	s.ofPages, s.ofReplies, s.ofReactions = pages.New(store, s.now), replies.New(store, s.now), reactions.New(shared)
	s.ofReads = reads.New(store, s.ofPages, reads.Options{Now: s.now, Changes: s.changes, Teller: s.ofSignals})
	s.ofMembers = members.New(shared, s.purger.Wake)
	s.leaver = members.NewLeaver(s.ofMembers, o.OnError)
	return s
}

// shared is what all that changes rooms and who is in them needs.
func (s *Service) shared() members.Shared {
	return members.Shared{
		Store: s.store, Log: s.log, Committed: s.following.Committed, Now: s.now, FindPerson: s.o.FindPerson, Audit: s.audit,
		Changes: s.changes, Creations: limits.New(s.o.RoomCreateRate, 1, s.o.Now),
		MaxMembers: s.o.RoomMaxMembers, MaxRooms: s.o.UserMaxRooms, Withheld: s.o.Withheld,
	}
}

// AccountDeleted says that an account was deleted, so that its person leaves their rooms. It does not block.
func (s *Service) AccountDeleted() { s.leaver.Wake() }

// Run stores what is sent, wakes readers, purges deleted rooms and chats, takes deleted accounts out of theirs and enrols who has sent
// before members were kept, until ctx ends. Then it stores and answers what was queued, and returns; later sends get ErrClosing.
func (s *Service) Run(ctx context.Context) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	var wg sync.WaitGroup
	wg.Go(func() { s.queue.Run(ctx) })
	wg.Go(func() { s.following.Run(ctx) })
	wg.Go(func() { s.readers.Run(ctx) })
	wg.Go(func() { s.purger.Run(ctx) })
	wg.Go(func() { s.sweeper.Run(ctx) })
	wg.Go(func() { s.leaver.Run(ctx) })
	wg.Go(func() { s.enroller.Run(ctx) })
	wg.Go(func() { s.ofSignals.Run(ctx) })
	err := s.notifier.Subscribe(ctx, s.wake)
	if ctx.Err() != nil {
		err = nil // asked to end
	}
	cancel()
	wg.Wait()
	return err
}

// wake wakes who follows rooms, and who follows all rooms of a person, by their ids.
func (s *Service) wake(about ...uuid.UUID) {
	s.following.Wake(about...)
	s.readers.Wake(about...)
}

// now is the clock of everything that is stored.
func (s *Service) now() time.Time { return s.o.Now().UTC().Truncate(time.Millisecond) }
