#pragma once
// The rules of FHIR R4 (4.0.1) for the resources we export, written from the specification and from nothing of ours.

#include <string>
#include <vector>

#include <boost/json/value.hpp>

namespace bridgework::support {

/// What a strict reader would object to, each with the rule's name; empty for a sound resource. Knows Patient, Appointment, Schedule, Slot,
/// Bundle (and what is in it), OperationOutcome and CapabilityStatement; another type is an objection of its own.
std::vector<std::string> fhir_faults(const boost::json::value& resource);

}  // namespace bridgework::support
