#pragma once
// The names of everything in Redis. All of a group share one hash tag, so one script can touch them all, in a cluster too.

#include <string>
#include <string_view>

#include "runtime/lane.hpp"

namespace bridgework::runtime {

struct Keys {
  std::string group;    ///< the tenant
  std::string service;  ///< empty for what belongs to the group as a whole

  std::string of_group(std::string_view name) const { return "{" + group + "}:" + std::string(name); }
  std::string of_service(std::string_view name) const { return "{" + group + "}:" + service + ":" + std::string(name); }
  std::string of_lane(std::string_view name, Lane lane) const { return of_service(name) + ":" + std::to_string(lane); }

  std::string log() const { return of_group("log"); }    ///< stream; entry 0-<sequence of its last event>, one field "e": log_entry.hpp
  std::string meta() const { return of_group("meta"); }  ///< hash: head, inc, n, run_id, inc_start
  std::string incarnations() const { return of_group("incs"); }  ///< hash: incarnation -> first sequence
  std::string lanes() const {
    return of_service("lanes");
  }  ///< hash: f<lane> fence, o<lane> instance, e<lane> lease end ms, c<lane> checkpoint
  std::string instances() const {
    return of_service("instances");
  }  ///< hash: instance -> "<alive until ms> <command endpoint> <query endpoint> <http port> <pid>"
  std::string records(Lane lane) const { return of_lane("r", lane); }        ///< hash: record key -> bytes
  std::string timers(Lane lane) const { return of_lane("t", lane); }         ///< zset: name -> due µs
  std::string timer_bodies(Lane lane) const { return of_lane("tb", lane); }  ///< hash: name -> StoredTimer bytes
  std::string effects(Lane lane) const {
    return of_lane("fx", lane);
  }  ///< hash: id -> 'p' (pending) or 'c' instance LF (claimed), then type id + bytes
  std::string parked(Lane lane) const { return of_lane("pk", lane); }    ///< hash: "<entity>\n<sequence>" -> Parked bytes
  std::string attempts(Lane lane) const { return of_lane("at", lane); }  ///< hash: cp, n, by
  std::string index(std::string_view name) const { return of_service("i:") + std::string(name); }  ///< zset
  std::string answers(int turn) const {
    return of_service("k:") + std::to_string(turn);
  }  ///< hash of every second period, expires: "<principal>:<type id>:<key>" -> request hash, sequence, StoredReply bytes
};

}  // namespace bridgework::runtime
