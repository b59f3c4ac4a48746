#pragma once
// What must hold however badly things go: the invariants of the suite and of the domain, checked from outside.
//
// Nothing here asks the code under test whether it did well. The judge sees the log, every unit the store applies, every message that
// really leaves and every answer given, and draws its own conclusions.
//
//  I1  one position, one payload          follow(): payloads of every (incarnation, sequence) ever seen, again at rest
//  I2  state and events together          about_to_apply(): no record is written over a version its writer had not read;
//                                         at_rest(): suppressions in the index are those of the log; I12
//  I3  what was answered is in the log    answered(), and promise() at rest
//  I4  what was refused left nothing      by I2 and I12: nothing but applied units changes anything
//  I5  effects exactly once               follow(): nothing is opened, planned or asked twice; I12
//  I6  order per entity                   I12: the read models depend on it
//  I7  one fence, one owner               about_to_apply(): fences never fall, one instance per fence
//  I8  checkpoint behind the head         about_to_apply(): and it never goes back
//  I9  durable before it is told          answered(); leaves(): a claim is in the store
//  I10 nobody passes a gap                fetched(): an answer of the bus is the log, wherever it lies; about_to_apply(): no checkpoint
//  passes
//                                         what its instance was not given; follower(): its copy of the log is the log; world.cpp, turn():
//                                         who is told that events are gone halts and says so
//  I11 trimming stays below               trimmed(): every checkpoint and the archive
//  I12 replay gives the same              at rest: journey and analytics, byte for byte
//  I13 one key, one answer                world.cpp, hear()
//  I14 timers                             about_to_apply(): never early, only as set, each generation once
//  I15 poison stops nobody else           world.cpp, settle(): all others arrive; cure(): nobody innocent was parked, and parked messages
//                                         are handled later in order; I12 finds what was lost in between
//  I16 refused is counted                 world.cpp, check_counts(); that queues are bounded: tests/unit/runtime/engine_test.cpp
//  I18 everybody arrives at the head      world.cpp, settle()
//  I19 all or nothing                     the model of the store checks before it writes; store_conformance_test.cpp holds it to Redis
//  I20 drops are counted                  world.cpp, check_counts(): what each engine has counted is what the simulator did to it
//  Not here: I17 (admission: tests/unit/gateway and tests/unit/runtime/wire_test.cpp).
//  The domain: nothing booked twice (occupy()), nothing taken online that only the practice books, no public form taken in while it is
//  switched off or above its cap of the day (read()), no opening won twice or after it was taken back, no offer open over a time that is
//  taken (read(), check_offers()), nobody contacted against consent (about_to_apply()), after STOP, at night where they live (leaves()),
//  over the cap (check_caps()) or twice for one reason (read()), no caller texted back twice a day and nobody nurtured who has booked, was
//  lost or opted out (read()), nobody slipped through (at_rest(): the leak audit of followup, a pure function over what is stored).
//
// A roll-back of the store takes acknowledged work away; that is what losing a disk costs, and no software below it can undo that. What is
// promised across one: all services lose the same moment, so everything that holds between them holds again at once; no position ever
// means two events; no follower goes on as if nothing had happened; and a message whose claim survived never leaves a second time. One
// whose claim was lost is forgotten altogether: a new decision may send it again, and the sender who had the old claim in hand may still
// let it go.

#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "messages/appointments.values.hpp"
#include "messages/envelope.values.hpp"
#include "outreach/state.values.hpp"
#include "runtime/handler.hpp"
#include "sim/live_follower.hpp"
#include "sim/memory_store.hpp"

namespace bridgework::sim {

class Judge final : public Witness {
 public:
  /// `stores_clock`: by which leases end and timers are due.
  Judge(const GroupState& group, std::function<Instant()> clock, std::function<Instant()> stores_clock)
      : group_(group), clock_(std::move(clock)), stores_clock_(std::move(stores_clock)) {}

  void violation(std::string what);
  const std::vector<std::string>& violations() const { return violations_; }

  /// Where a person's clock hangs.
  void lives_in(const PersonId& person, std::string zone) { zones_[person.text()] = std::move(zone); }

  std::uint64_t version(const std::string& service, Lane lane, const std::string& key) const override;
  void about_to_apply(const Applied& applied) override;
  void due(const std::string& service, Lane lane, const std::string& name, const std::string& body) override;

  /// Reads what is new in the log.
  void follow();
  /// The store has come back with less than it had.
  void rolled_back();
  /// An engine answers a command.
  void answered(const messages::Reply& reply);
  /// Somebody was told that this is done: it must be in the log, unless the log loses it.
  void promise(std::string fact) { promises_.insert(std::move(fact)); }
  /// A message really leaves, by a claim made after so many roll-backs.
  void leaves(const outreach::SendMessage& message, std::uint64_t epoch);
  void follower(const LiveFollower& follower);
  /// This service handles events.
  void consumes(std::string_view service) { consumers_.emplace(service); }
  /// The bus answers a question for events of some types after a position of the present log. Archive and store are one to it.
  void fetched(std::uint64_t after, const std::vector<std::uint64_t>& types, const messages::FetchReply& reply);
  /// An instance is given all events that it wants after one position and up to another.
  void delivered(const std::string& instance, std::uint64_t after, std::uint64_t next);
  /// The store has forgotten the events before `group.first`. What lies up to `archived` is somewhere else.
  void trimmed(std::uint64_t archived);
  /// Nothing moves any more.
  void at_rest(const std::vector<std::unique_ptr<runtime::Handler>>& handlers);

  /// Ids of all offers in the log, in its order.
  const std::vector<std::string>& offers() const { return read_.offers; }
  /// Those that nobody has answered or taken back.
  const std::map<std::string, messages::SlotOffered>& open_offers() const { return read_.open_offers; }

  /// Whether the log says so.
  bool knows(const std::string& fact) const { return read_.facts.contains(fact); }
  /// Somebody asks online for a visit under this id whose type the practice alone books: it must never have a time.
  void not_online(const AppointmentId& appointment) { not_online_.insert(appointment.text()); }

  std::uint64_t epoch() const { return epoch_; }
  bool is_suppressed(const std::string& contact) const { return read_.suppressed.contains(contact); }

 private:
  /// What the log says, as far as it was read.
  struct Read {
    std::size_t events = 0;
    std::vector<std::uint64_t> types;  ///< of each event
    std::map<std::string, messages::Visit> taken;
    std::set<std::string> facts, suppressed, denied;
    std::vector<std::string> offers;
    std::map<std::string, messages::SlotOffered> open_offers;  ///< neither accepted, declined nor revoked
    std::set<std::string> nurtured;                            ///< enquiries that wait for the next step of their sequence
    std::set<std::string> closed;                              ///< sites whose public form is switched off
    std::map<std::string, std::uint32_t> form_caps;
    std::map<std::string, std::string> site_zones;
    std::map<std::pair<std::string, LocalDay>, std::uint32_t> forms;  ///< taken in, by site and day there
  };
  struct Left {
    std::string message, person;
    messages::MessagePurpose purpose;
    Instant date;
  };

  void read(std::uint64_t sequence, const std::string& bytes);
  void once(const std::string& fact, const char* rule);
  /// What anybody was offered of that time must have been taken back before this is told.
  void check_offers(const AppointmentId& id, const messages::Visit& visit, std::uint64_t sequence);
  /// One more form of that site taken in on that day.
  void count_form(const std::string& site, Instant at);
  void check_not_online(const AppointmentId& id, std::uint64_t sequence);
  void occupy(const AppointmentId& id, const messages::Visit& visit, std::uint64_t sequence);
  const std::string& incarnation_at(std::uint64_t sequence) const;
  void check_caps();
  void replay(const runtime::Handler& handler);

  const GroupState& group_;
  std::function<Instant()> clock_, stores_clock_;
  std::vector<std::string> violations_;
  std::map<std::string, std::string> zones_;
  std::set<std::string> not_online_;

  Read read_;
  std::map<std::pair<std::string, std::uint64_t>, std::string> payloads_;
  std::set<std::string> promises_;

  std::uint64_t epoch_ = 0;
  std::uint64_t version_ = 1, versions_from_ = 1;  ///< of a record not written since the last roll-back
  std::map<std::string, std::uint64_t> versions_;
  struct Owner {
    std::uint64_t fence = 0;
    std::string instance;
  };
  std::map<std::string, Owner> owners_;
  std::set<std::string> due_, fired_;
  std::set<std::string, std::less<>> consumers_;
  std::map<std::string, std::map<std::uint64_t, std::uint64_t>> delivered_;  ///< of each instance: stretches of the log, after -> up to

  std::map<std::string, std::uint64_t> claims_;  ///< message -> epoch in which it was claimed
  std::set<std::string> ever_left_;
  std::vector<Left> left_;
};

}  // namespace bridgework::sim
