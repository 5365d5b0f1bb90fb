package app

import "time"

// MergeLifetime is how long two accounts that were brought together can be put back,
// and the nickname that was not kept stays theirs.
const MergeLifetime = RenameInterval

// UserRow is a User with the keys of their nickname, as the row in the database
// holds them.
type UserRow struct {
	User User
	Name Nickname
}

// Rekeyed is r with the keys of the rules of that version, where older ones made them.
func (r UserRow) Rekeyed(version int, keys func(text string) Nickname) UserRow {
	if r.Name.Version < version {
		text := r.Name.Text
		r.Name = keys(text)
		r.Name.Text, r.Name.Version = text, version
	}
	return r
}

// Merge is two accounts of one person that were brought together: From's identities
// and timeline are Into's. Both stand here as they were before.
type Merge struct {
	From     UserRow // the absorbed one, whose ID names the merge
	Into     UserRow // the one that went on
	Provider string  // whose word showed that From is theirs, too
	At       time.Time
	Until    time.Time // it can be undone before that
}

// MergeRequest is what somebody decided who was asked about two accounts, each as they
// saw it: what has changed since is another question.
type MergeRequest struct {
	From, Into User
	Word       Profile // the provider's word about From
	SessionID  string  // Into's, which goes on; what else ends is the Store's to say
	Nickname   string  // of one of the two
	At         time.Time
}

// Made is the merge that the request makes of the rows as they are: what Into is
// called after it, and the name that is held for them. CodeMergeChanged where a row is
// not what was seen any more, CodeConflict where the nickname is neither's or the two
// are one.
func (r MergeRequest) Made(from, into UserRow) (m Merge, after UserRow, held Nickname, err error) {
	if from.User.ID == into.User.ID {
		return m, after, held, Fail(CodeConflict, nil)
	}
	if from.User.ID != r.From.ID || into.User.ID != r.Into.ID || from.Name.Text != r.From.Nickname || into.Name.Text != r.Into.Nickname {
		return m, after, held, Fail(CodeMergeChanged, nil)
	}
	m = Merge{From: from, Into: into, Provider: r.Word.Provider, At: r.At, Until: r.At.Add(MergeLifetime)}
	switch r.Nickname {
	case into.Name.Text:
		return m, into, from.Name, nil
	case from.Name.Text: // counts as a rename
		after = into
		after.Name, after.User.Nickname, after.User.RenamedAt = from.Name, from.Name.Text, r.At
		return m, after, into.Name, nil
	}
	return m, after, held, Fail(CodeConflict, nil)
}

// Lapsed reports whether the merge can be undone no more.
func (m Merge) Lapsed(now time.Time) bool { return !now.Before(m.Until) }

// Undoable says whether userID may undo the merge at now. last is whom userID absorbed
// last; theirs are how many of the absorbed identities userID still has, and others how
// many more. CodeNotFound, CodeMergeLapsed, CodeMergeOrder, CodeMergeNoWayIn.
func (m Merge) Undoable(userID, last string, theirs, others int, now time.Time) error {
	switch {
	case m.Into.User.ID != userID:
		return Fail(CodeNotFound, nil)
	case m.Lapsed(now):
		return Fail(CodeMergeLapsed, nil)
	case last != m.From.User.ID:
		return Fail(CodeMergeOrder, nil)
	case theirs == 0 || others == 0:
		return Fail(CodeMergeNoWayIn, nil)
	}
	return nil
}

// Undone is what Into is, once From has their nickname back: as before, unless they
// took a third name since, which stays theirs. No third name is one of back, which
// go with From: those of whom they had absorbed, and what they were called before.
func (m Merge) Undone(now UserRow, back ...Nickname) UserRow {
	for _, n := range append(back, m.From.Name) {
		if now.Name.Key == n.Key || now.Name.Skeleton == n.Skeleton {
			return m.Into
		}
	}
	return now
}
