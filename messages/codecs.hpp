#pragma once
// Encode and decode of every message, for those who may meet any of them.

#include "messages/analytics.codec.hpp"
#include "messages/appointments.codec.hpp"
#include "messages/envelope.codec.hpp"
#include "messages/feedback.codec.hpp"
#include "messages/followup.codec.hpp"
#include "messages/journey.codec.hpp"
#include "messages/lead_intake.codec.hpp"
#include "messages/outreach.codec.hpp"
