#include "journey/journey_map.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace bridgework::journey {
namespace {

using messages::Stage;

/// Raised with every change of the text below, so that a score can say which map it was measured against.
constexpr std::uint32_t kVersion = 1;

using Lines = std::vector<std::string_view>;

struct StageText {
  Stage stage;
  Lines operational_standards;
  Lines service_defects;
  Lines experiential_standards;
  Lines above_and_beyond;
  Lines service_recovery;
  Lines offer_the_offer;
};

const std::vector<StageText>& stage_texts() {
  static const std::vector<StageText> kStages = {
      {Stage::kLeadGeneration,
       {"Every advert has a campaign of its own, with its promise and its greeting script written down before it runs.",
        "A promise is only made if every site it names can keep it on the day it appears.",
        "An advert names one way to reach us, and that way is staffed while the advert runs."},
       {"An advert still runs after its offer has ended.", "Two sites explain the same offer in two ways.",
        "The number on the card rings where nobody expects the call."},
       {"A reader knows in one glance who we are, where we are and what happens next.",
        "People in our pictures look like the people who will open the door."},
       {"Hand a neighbour in need the name of the right colleague, even when that colleague is not one of ours."},
       {"Honour what the advert said at the moment the person quotes it, and correct the advert the same day."},
       {"Tell referrers what became of their friend's enquiry, with the friend's leave, and thank them by name."}},
      {Stage::kWebsite,
       {"An enquiry by form is acknowledged within a minute and answered by a human being within fifteen minutes of opening time.",
        "Opening hours, prices that can be published and the way to the door are right on every page.",
        "A free time shown online can be booked online."},
       {"The form asks for something twice.", "The page shows a time that the telephone then denies.",
        "Nobody answers until the next day."},
       {"The answer uses the person's name and repeats what they asked.", "A frightened reader finds a sentence written for them."},
       {"Answer the question behind the question: send the parking plan to the one who asks for the address."},
       {"Say that we were slow before the person does, and offer the next two openings in the same message."},
       {"End every answer with one clear next step and a time that is really free."}},
      {Stage::kPhone,
       {"The telephone is answered by the third ring by somebody who sees the campaign, its promise and the history.",
        "A missed call is texted back once and called back within the hour.",
        "Every call ends with an outcome on record: booked, not booked and why, or when to call again."},
       {"The caller hears a greeting that does not match the advert.", "The caller is put on hold without being asked.",
        "The caller has to spell the name a second time."},
       {"We smile before we speak, give our own name and use theirs.", "The caller's worry is said back before a date is offered."},
       {"Call the anxious caller on the evening before, just to say that we look forward to meeting them."},
       {"Call back in person after an abandoned call, apologise once and have the answer ready."},
       {"Ask every caller for the visit: two times, not the question whether they would like one.",
        "Ask whether anybody else at home has been waiting to be seen."}},
      {Stage::kBeforeVisit,
       {"The visit is confirmed two working days ahead; who has not answered is called, not texted again.",
        "The huddle has read notes, open care and open cases before the first person sits down.",
        "Forms reach the person before the visit and are never asked for again at the desk."},
       {"A reminder arrives for a visit that was moved.", "The chair is double booked and the person finds out on arrival.",
        "Material from the laboratory is not there on the day."},
       {"The person knows how long it takes, what it may cost and who will be with them."},
       {"Keep the first chair by the door for the one who mentioned a bad knee."},
       {"When we must move a visit, we call, offer a better time and carry the loss ourselves."},
       {"Offer the earlier opening to whom it fits before it goes to anybody else."}},
      {Stage::kArrival,
       {"Everybody is greeted by name within a minute of coming through the door.",
        "Nobody waits past the site's limit without being told how long, and why.",
        "The reason of the visit is repeated at the desk in words that others cannot overhear."},
       {"A person waits past the limit.", "The desk looks at the screen first and at the person second.",
        "Private matters are asked across the room."},
       {"Somebody stands up to welcome.", "The wait has water, a seat with a back, and an honest clock."},
       {"Bring out the tea that was mentioned last time before it is asked for."},
       {"Past the limit: apologise before the person asks, offer to stay or to move, and call the next day."},
       {"While waiting, offer to settle the next recall now."}},
      {Stage::kTreatment,
       {"What was found is shown before it is explained, and explained before it is priced.",
        "Every finding is presented on the day it is made or gets a date on which it will be.",
        "Nothing starts before the person has said yes to what, why, how long and how much."},
       {"A finding is written down and never presented.", "A series is begun without its next date.",
        "The clinician and the plan on paper say different things."},
       {"The person can stop us by raising a hand, and is told so first.", "We say what comes next before it touches."},
       {"Call the person at home that evening and ask how it is."},
       {"When something hurt, say so, note it, and plan the next visit around it with the same clinician."},
       {"Present the whole plan, not the part we believe will be accepted; let the person choose the pace."}},
      {Stage::kCheckOut,
       {"Nobody leaves without the next visit agreed, or a noted reason why not.",
        "The amount at the desk is the amount that was said in the chair.",
        "The clinician hands over in person: what was done, what comes next, by when."},
       {"The desk learns of the next step from the patient.", "A good visit ends in a queue.", "The next visit is promised by letter."},
       {"The last words are about the person, not about the payment.", "Somebody opens the door."},
       {"Call the taxi, carry the bag, walk to the car in the rain."},
       {"If the amount surprises, take it back, explain it in the chair again and let them pay another day."},
       {"Offer the next visit with two times and say what waiting would mean."}},
      {Stage::kAfterCare,
       {"After every treatment that was more than routine somebody calls the next working day.",
        "A negative answer gets a call from a named person by the end of the next business day.",
        "Every person with unfinished treatment has a next step with a date."},
       {"A complaint is answered with a form letter.", "Started treatment waits and nobody knows it.",
        "The person is asked how it was, and nothing follows."},
       {"The caller was in the room or knows who was.", "We ask, we listen, and only then we explain."},
       {"Send a card in handwriting when the long treatment is done."},
       {"Name one owner, call first, listen to the end, mend it and ask again after two weeks."},
       {"Ask whoever is happy to tell a friend, and tell everybody the same place to review us."}},
      {Stage::kBilling,
       {"The bill leaves within five working days and matches the plan to the last line.",
        "A question about a bill is answered by one person, in one call.",
        "Instalments are agreed before the treatment, never after the reminder."},
       {"The bill is late.", "The bill is wrong.", "A reminder crosses a payment."},
       {"The bill can be understood without us.", "Money is spoken about quietly and without haste."},
       {"Find the insurance benefit that the person did not know of, and claim it for them."},
       {"Withdraw a wrong bill at once, send the right one with an apology and absorb what it cost."},
       {"Show what the plan leaves of this year's benefit, and what could be done with it."}},
      {Stage::kRecall,
       {"Everybody has an interval of their own, set by risk, and a date that follows from it.",
        "Who is overdue is asked in steps with an end, and then by a person.", "The reminder stops the moment the visit is booked."},
       {"A reminder goes to somebody who has died, moved or asked us to stop.", "Everybody gets six months, whatever their risk.",
        "Overdue people fall off the list when the sequence ends."},
       {"The recall says why it matters to this mouth, not that it is time again."},
       {"Remember what they were looking forward to last time, and ask how it went."},
       {"After a long silence, no reproach: say that they were missed and make the first visit easy."},
       {"Invite the whole household in one afternoon."}},
  };
  return kStages;
}

std::vector<std::string> texts(const Lines& lines) { return {lines.begin(), lines.end()}; }

}  // namespace

messages::JourneyMap journey_map() {
  messages::JourneyMap map{.version = kVersion, .stages = {}};
  for (const StageText& text : stage_texts()) {
    map.stages.push_back({.stage = text.stage,
                          .operational_standards = texts(text.operational_standards),
                          .service_defects = texts(text.service_defects),
                          .experiential_standards = texts(text.experiential_standards),
                          .above_and_beyond = texts(text.above_and_beyond),
                          .service_recovery = texts(text.service_recovery),
                          .offer_the_offer = texts(text.offer_the_offer)});
  }
  return map;
}

}  // namespace bridgework::journey
