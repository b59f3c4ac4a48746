#include "functional/journey.hpp"

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <stdexcept>

#include "runtime/zone.hpp"

namespace bridgework::functional {
namespace {

namespace json = boost::json;
using std::chrono::days;
using std::chrono::hours;
using std::chrono::minutes;
using support::Answer;

constexpr const char* kZone = "America/New_York";
constexpr const char* kSite = "main-street";

std::string text(LocalDay day) {
  const std::chrono::year_month_day ymd{day};
  char out[16];
  std::snprintf(out, sizeof out, "%04d-%02u-%02u", static_cast<int>(ymd.year()), static_cast<unsigned>(ymd.month()),
                static_cast<unsigned>(ymd.day()));
  return out;
}
std::string text(LocalTime time) {
  const auto day = std::chrono::floor<days>(time);
  const auto rest = std::chrono::hh_mm_ss(time - day);
  char out[16];
  std::snprintf(out, sizeof out, "T%02d:%02d:%02d", static_cast<int>(rest.hours().count()), static_cast<int>(rest.minutes().count()),
                static_cast<int>(rest.seconds().count()));
  return text(day) + out;
}

/// Plays one chapter after the other; each leaves what the next one needs.
class Journey {
 public:
  Journey(World& world, LocalDay monday) : w_(world), monday_(monday) {}

  Traces play() {
    opening();
    advert_and_enquiry();
    booking();
    move_before_the_reminder();
    visit();
    plan_and_check_out();
    survey();
    follow_up();
    stop();
    look_back();
    book_online();
    return traces_;
  }

 private:
  Instant at(int day, int hour, int minute = 0) const {
    return *runtime::to_instant(LocalTime(monday_ + days(day)) + hours(hour) + minutes(minute), kZone);
  }
  void clock(int day, int hour, int minute = 0) { w_.set_clock(at(day, hour, minute)); }

  /// Something that must be accepted.
  Answer post(const std::string& path, const json::value& body) {
    Answer answer = w_.api.post(path, body);
    w_.expect(answer.status == 200 || answer.status == 201,
              "POST " + path + " is accepted, not " + std::to_string(answer.status) + " " + answer.text);
    return answer;
  }
  void refused(const std::string& path, const json::value& body, const std::string& code) {
    const Answer answer = w_.api.post(path, body);
    w_.expect((answer.status == 409 || answer.status == 404) && answer.string_at("/code") == code,
              "POST " + path + " is refused as " + code + ", not " + std::to_string(answer.status) + " " + answer.text);
  }
  void wait_for(const std::string& what, const std::function<bool()>& done) { w_.expect(w_.eventually(done), what); }

  std::vector<json::value> gaps() {
    const Answer answer = w_.api.get("/v1/follow-ups?person=" + traces_.person);
    const auto& list = answer.at("/gaps");
    return list.is_array() ? std::vector<json::value>(list.as_array().begin(), list.as_array().end()) : std::vector<json::value>();
  }
  std::string cover_of(const std::string& kind) {
    std::string cover = "none";
    for (const auto& gap : gaps()) {
      if (gap.at("kind").as_string() == kind) {
        cover = gap.at("cover").as_string();
        if (cover != "closed") return cover;
      }
    }
    return cover;
  }
  std::size_t gaps_open() {
    const auto all = gaps();
    return static_cast<std::size_t>(
        std::count_if(all.begin(), all.end(), [](const json::value& gap) { return gap.at("cover").as_string() != "closed"; }));
  }
  std::string hold(const std::string& type, const std::string& provider, LocalTime start, const std::string& person) {
    return post("/v1/appointments",
                {{"site", kSite}, {"person", person}, {"visit_type", type}, {"provider", provider}, {"local_start", text(start)}})
        .string_at("/appointment");
  }
  std::string book(const std::string& type, const std::string& provider, LocalTime start) {
    const std::string appointment = hold(type, provider, start, traces_.person);
    post("/v1/appointments/" + appointment + "/book", json::object());
    return appointment;
  }
  LocalTime local(int day, int hour, int minute = 0) const { return LocalTime(monday_ + days(day)) + hours(hour) + minutes(minute); }
  void step(const std::string& appointment, const std::string& what, const json::value& body = json::object()) {
    post("/v1/appointments/" + appointment + "/" + what, body);
  }
  std::size_t sent(const std::string& programme) {
    const Answer answer = w_.api.get("/v1/messages?person=" + traces_.person);
    std::size_t n = 0;
    if (answer.at("/messages").is_array()) {
      for (const auto& m : answer.at("/messages").as_array())
        n += m.at("programme").as_string() == programme && m.at("state").as_string() == "sent";
    }
    return n;
  }
  bool has_message(const std::string& programme, const std::string& state) {
    const Answer answer = w_.api.get("/v1/messages?person=" + traces_.person);
    if (!answer.at("/messages").is_array()) return false;
    for (const auto& m : answer.at("/messages").as_array()) {
      if (m.at("programme").as_string() == programme && m.at("state").as_string() == state) return true;
    }
    return false;
  }

  bool explained(const std::string& programme, const std::string& words) {
    const Answer answer = w_.api.get("/v1/messages?person=" + traces_.person);
    if (!answer.at("/messages").is_array()) return false;
    for (const auto& m : answer.at("/messages").as_array()) {
      if (m.at("programme").as_string() == programme && m.at("words").as_string().find(words) != json::string::npos) return true;
    }
    return false;
  }

  void opening() {
    w_.chapter("A site opens: chairs, providers, visit types");
    clock(0, 9);
    json::array weekdays;
    for (int day = 1; day <= 5; ++day) weekdays.push_back({{"weekday", day}, {"from_minute", 480}, {"until_minute", 1080}});
    post("/v1/sites", {{"site", kSite},
                       {"name", "Main Street Dental"},
                       {"zone", kZone},
                       {"phone", "+12125550100"},
                       {"hours", weekdays},
                       {"wait_limit_minutes", 15}});
    for (const char* chair : {"chair-1", "chair-2"}) post("/v1/chairs", {{"site", kSite}, {"chair", chair}, {"name", chair}});
    for (const char* provider : {"dr-ada", "hygienist-bo"}) {
      post("/v1/providers", {{"site", kSite}, {"provider", provider}, {"name", provider}, {"shifts", weekdays}});
    }
    struct Type {
      const char* id;
      int duration;
      const char* purpose;
    };
    for (const Type type : {Type{"first-exam", 45, "exam"}, Type{"filling", 60, "restorative"}, Type{"cleaning", 45, "hygiene"},
                            Type{"root-canal", 90, "endo"}}) {
      post("/v1/visit-types",
           {{"site", kSite}, {"visit_type", type.id}, {"name", type.id}, {"duration_minutes", type.duration}, {"purpose", type.purpose}});
    }
    post("/v1/visit-types", {{"site", kSite},
                             {"visit_type", "check-up"},
                             {"name", "Check-up"},
                             {"duration_minutes", 30},
                             {"purpose", "exam"},
                             {"online", true}});
    post(std::string("/v1/sites/") + kSite + "/form-keys", json::object());
    traces_.site = kSite;
  }

  void advert_and_enquiry() {
    w_.chapter("An advert makes a promise; somebody answers it");
    traces_.campaign =
        post("/v1/campaigns",
             {{"name", "Autumn letters"},
              {"source", "direct_mail"},
              {"promise", "Seen within a week, and never kept waiting"},
              {"greeting_script", "Thank you for answering our letter. We promised you a visit within a week: which day suits you?"},
              {"cost_minor", 250000},
              {"currency", "USD"},
              {"sites", {kSite}}})
            .string_at("/id");
    const json::value profile = {
        {"given_name", "Mara"},
        {"family_name", "Quill"},
        {"preferred_channel", "email"},
        {"language", "en"},
        {"home_site", kSite},
        {"contact_points", {{{"kind", "email"}, {"raw", "Mara.Quill@example.org"}}, {{"kind", "phone"}, {"raw", "(212) 555-0142"}}}}};
    wait_for("the campaign is known to intake", [&] {
      const Answer answer = w_.api.post("/v1/leads", {{"site", kSite},
                                                      {"campaign", traces_.campaign},
                                                      {"source", "direct_mail"},
                                                      {"channel", "web_form"},
                                                      {"profile", profile},
                                                      {"text", "A back tooth hurts when I drink something cold."}});
      traces_.person = answer.string_at("/person");
      traces_.enquiry = answer.string_at("/enquiry");
      return answer.status == 201 || answer.status == 200;
    });
    wait_for("the enquiry is acknowledged by mail",
             [&] { return w_.api.get("/v1/leads/" + traces_.enquiry).string_at("/state") == "acknowledged" && w_.outbox().size() == 1; });
    const Answer lead = w_.api.get("/v1/leads/" + traces_.enquiry);
    w_.expect(lead.string_at("/promise") == "Seen within a week, and never kept waiting",
              "whoever opens the lead sees what the advert promised");
    w_.expect(!lead.string_at("/greeting_script").empty(), "and the words to begin with");

    post("/v1/leads/" + traces_.enquiry + "/claim", {{"by", "jo"}});
    refused("/v1/leads/" + traces_.enquiry + "/claim", {{"by", "sam"}}, "already_claimed");
    clock(0, 9, 4);
    post("/v1/leads/" + traces_.enquiry + "/calls", {{"by", "jo"}, {"outcome", "booked"}});
    w_.expect(w_.api.get("/v1/leads/" + traces_.enquiry).string_at("/state") == "contacted", "a conversation makes the lead contacted");
  }

  void booking() {
    w_.chapter("A slot is found, held and booked; a second hold is refused");
    const Answer slots = w_.api.get("/v1/slots?site=main-street&type=first-exam&provider=dr-ada&from=" + text(monday_ + days(2)));
    w_.expect(slots.at("/slots").is_array() && !slots.at("/slots").as_array().empty(), "there is a free slot: " + slots.text);
    const std::string start = slots.string_at("/slots/0/local_start");
    w_.expect(start == text(monday_ + days(2)) + "T08:00:00", "the first is when the doctor's day begins, not " + start);
    first_ =
        post("/v1/appointments",
             {{"site", kSite}, {"person", traces_.person}, {"visit_type", "first-exam"}, {"provider", "dr-ada"}, {"local_start", start}})
            .string_at("/appointment");
    refused("/v1/appointments",
            {{"site", kSite}, {"person", "p-somebody-else"}, {"visit_type", "first-exam"}, {"provider", "dr-ada"}, {"local_start", start}},
            "slot_taken");
    step(first_, "book");
    step(first_, "confirm");
    wait_for("the lead is booked", [&] { return w_.api.get("/v1/leads/" + traces_.enquiry).string_at("/state") == "booked"; });
    wait_for("a reminder is planned", [&] { return has_message("reminder", "planned"); });
  }

  void move_before_the_reminder() {
    w_.chapter("The visit is moved; the old reminder never leaves");
    second_ = post("/v1/appointments/" + first_ + "/move", {{"local_start", text(local(3, 10))}}).string_at("/appointment");
    traces_.visit_day = text(monday_ + days(3));
    w_.expect(w_.api.get("/v1/appointments/" + first_).string_at("/state") == "moved", "the old visit says where it went");
    wait_for("the old reminder is revoked", [&] { return has_message("reminder", "revoked"); });
    wait_for("a new one is planned", [&] { return has_message("reminder", "planned"); });
    clock(1, 20);  // past the old reminder's time
    clock(2, 9, 59);
    w_.expect(sent("reminder") == 0, "nothing was sent at the old time");
    clock(2, 10, 1);
    wait_for("the new reminder leaves 24 hours before the new time", [&] { return sent("reminder") == 1; });
    wait_for("it is in the outbox", [&] { return w_.outbox().size() == 2; });
  }

  void visit() {
    w_.chapter("The visit: seated 22 minutes late against a limit of 15");
    clock(3, 9, 52);
    step(second_, "arrive");
    clock(3, 10, 22);
    step(second_, "seat");
    w_.expect(w_.api.get("/v1/appointments/" + second_).int_at("/waited_minutes") == 22, "coming early is not waiting: 22 minutes");
    wait_for("a recovery case opens by itself", [&] {
      const Answer cases = w_.api.get("/v1/cases?person=" + traces_.person);
      return cases.string_at("/cases/0/reasons/0") == "waited_too_long" && cases.string_at("/cases/0/state") == "open";
    });
    clock(3, 11, 5);
    step(second_, "complete");
    wait_for("the lead is kept", [&] { return w_.api.get("/v1/leads/" + traces_.enquiry).string_at("/state") == "kept"; });
  }

  void plan_and_check_out() {
    w_.chapter("A treatment plan: one done, one accepted, one started");
    const auto item = [](const char* id, const char* category, int fee, const char* urgency) {
      return json::value{{"item", id}, {"category", category}, {"fee_minor", fee}, {"urgency", urgency}, {"visits_planned", 1}};
    };
    plan_ = post("/v1/treatment-plans", {{"person", traces_.person},
                                         {"site", kSite},
                                         {"currency", "USD"},
                                         {"items",
                                          {item("sealant", "exam", 6000, "routine"), item("filling-upper", "restorative", 24000, "soon"),
                                           item("canal-lower", "endo", 98000, "urgent")}}})
                .string_at("/plan");
    const auto decide = [&](const char* id, const char* what, json::value body = json::object()) {
      post("/v1/treatment-plans/" + plan_ + "/items/" + id + "/" + what, body);
    };
    for (const char* id : {"sealant", "filling-upper", "canal-lower"}) {
      decide(id, "present");
      decide(id, "accept");
    }
    decide("sealant", "start", {{"appointment", second_}});
    decide("sealant", "complete", {{"appointment", second_}});
    decide("canal-lower", "start", {{"appointment", second_}});
    refused("/v1/treatment-plans/" + plan_ + "/items/sealant/accept", json::object(), "illegal_transition");

    w_.chapter("Check-out by name, no next visit agreed");
    step(second_, "check-out", {{"by", "jo"}, {"next_visit_agreed", false}, {"balance", "paid"}, {"script", "farewell-1"}});
    wait_for("what is accepted and not scheduled is an open gap", [&] { return cover_of("not_scheduled") == "active"; });
    wait_for("what is started and not finished is another", [&] { return cover_of("unfinished") == "active"; });
  }

  void survey() {
    w_.chapter("A survey, two hours later; the answer is a 4");
    clock(3, 13, 10);
    wait_for("the survey leaves by mail", [&] { return sent("survey") == 1; });
    wait_for("it is in the outbox", [&] { return w_.outbox().size() == 3; });
    const Answer surveys = w_.api.get("/v1/surveys?person=" + traces_.person);
    const std::string survey = surveys.string_at("/surveys/0/survey");
    const std::string token = token_of(survey);
    w_.expect(!token.empty(), "the mail holds the link to survey " + survey);
    refused("/v1/responses", {{"survey", survey}, {"token", "guessed"}, {"score", 10}}, "wrong_token");
    post("/v1/responses",
         {{"survey", survey}, {"token", token}, {"score", 4}, {"text", "I was promised no waiting."}, {"promise_kept", "no"}});
    refused("/v1/responses", {{"survey", survey}, {"token", token}, {"score", 9}}, "already_answered");
    w_.expect(w_.api.get("/v1/surveys/" + survey).string_at("/bucket") == "negative", "4 is the negative bucket");
    wait_for("the same case has a second reason", [&] {
      const Answer cases = w_.api.get("/v1/cases?person=" + traces_.person);
      return cases.at("/cases").is_array() && cases.at("/cases").as_array().size() == 1 &&
             cases.at("/cases/0/reasons").as_array().size() == 2;
    });
  }

  /// The secret part of the survey's link, as the person finds it in the mail (whose encoding may wrap it).
  std::string token_of(const std::string& survey) {
    for (std::string mail : w_.outbox()) {
      for (std::size_t soft; (soft = mail.find("=\r\n")) != std::string::npos;) mail.erase(soft, 3);
      const std::size_t link = mail.find("/s/" + survey + ".");
      if (link == std::string::npos) continue;
      const std::size_t begin = link + 4 + survey.size();
      return mail.substr(begin, mail.find_first_not_of("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-", begin) - begin);
    }
    return {};
  }

  void follow_up() {
    w_.chapter("Nobody slips through: the follow-up begins, by day");
    clock(4, 6, 30);
    w_.expect(sent("follow_up") == 0, "nothing leaves in the early morning");
    clock(4, 12);
    wait_for("three messages in a week are enough: it waits, and says so",
             [&] { return explained("follow_up", "often enough that week"); });
    w_.expect(sent("follow_up") == 0, "nothing has left");
    clock(7, 8, 30);
    w_.expect(sent("follow_up") == 0, "nor early in the morning of the day on which it may");
    clock(7, 12);
    wait_for("the first follow-up message leaves in the daytime", [&] { return sent("follow_up") == 1; });

    w_.chapter("A visit for something else does not stop it; one of the same purpose does");
    const std::string cleaning = book("cleaning", "hygienist-bo", local(9, 9));
    wait_for("the cleaning is on the timeline", [&] { return w_.api.get("/v1/appointments/" + cleaning).string_at("/state") == "booked"; });
    w_.expect(cover_of("not_scheduled") == "active", "a cleaning covers no filling");
    const std::string filling = book("filling", "dr-ada", local(10, 9));
    wait_for("the filling covers its gap", [&] { return cover_of("not_scheduled") == "covered"; });
    w_.expect(cover_of("unfinished") == "active", "and no other");
    step(filling, "cancel", {{"by", "patient"}, {"reason", "away that day"}});
    wait_for("cancelled, the follow-up is open again", [&] { return cover_of("not_scheduled") == "active"; });
    const std::string again = book("filling", "dr-ada", local(11, 9));
    wait_for("booked again, it is covered", [&] { return cover_of("not_scheduled") == "covered"; });
    clock(9, 9);
    step(cleaning, "arrive");
    step(cleaning, "seat");
    clock(9, 9, 50);
    step(cleaning, "complete");
    step(cleaning, "check-out", {{"by", "jo"}, {"next_visit_agreed", true}, {"balance", "paid"}});
    clock(11, 9);
    step(again, "arrive");
    clock(11, 9, 5);
    step(again, "seat");
    clock(11, 10);
    step(again, "complete");
    wait_for("done: the gap is closed", [&] { return cover_of("not_scheduled") == "closed"; });
    step(again, "check-out", {{"by", "jo"}, {"next_visit_agreed", false}, {"balance", "paid"}});
  }

  void stop() {
    w_.chapter("STOP means stop: the next step becomes a phone call by a person");
    const Answer person = w_.api.get("/v1/persons/" + traces_.person);
    json::object profile = person.at("/profile").as_object();
    profile["preferred_channel"] = "sms";
    post("/v1/persons/" + traces_.person, {{"profile", profile}});
    post("/v1/messages/inbound", {{"from", "+12125550142"}, {"body", "STOP"}});
    wait_for("the number is suppressed", [&] {
      const Answer consents = w_.api.get("/v1/consents?person=" + traces_.person);
      if (!consents.at("/contacts").is_array()) return false;
      for (const auto& contact : consents.at("/contacts").as_array()) {
        if (contact.at("suppressed").as_bool()) return true;
      }
      return false;
    });
    const std::size_t before = sent("follow_up");
    for (int day = 14; day < 30 && !has_phone_task(); ++day) {
      clock(day, 12);
      w_.eventually([&] { return has_phone_task() || quiet(); });
    }
    wait_for("the next step is a phone task", [&] { return has_phone_task(); });
    w_.expect(sent("follow_up") == before, "and no further message has left");
    w_.expect(cover_of("unfinished") == "active", "the gap is still somebody's work");
  }
  bool has_phone_task() {
    const Answer tasks = w_.api.get("/v1/tasks?person=" + traces_.person);
    if (!tasks.at("/tasks").is_array()) return false;
    for (const auto& task : tasks.at("/tasks").as_array()) {
      if (task.at("kind").as_string() == "phone_call" && task.at("state").as_string() == "open") return true;
    }
    return false;
  }
  /// No service has anything left to handle.
  bool quiet() {
    const Answer status = w_.api.get("/v1/status");
    if (!status.at("/services").is_array()) return false;
    for (const auto& service : status.at("/services").as_array()) {
      if (service.at("lag").to_number<std::int64_t>() != 0) return false;
    }
    return true;
  }

  void look_back() {
    w_.chapter("Looking back: timeline, why, huddle, bucket, figures, audit");
    wait_for("every service has handled every event", [&] { return quiet(); });
    const Answer timeline = w_.api.get("/v1/persons/" + traces_.person + "/timeline");
    for (const char* type :
         {"EnquiryReceived", "EnquiryAcknowledged", "LeadClaimed", "AppointmentHeld", "AppointmentBooked", "AppointmentMoved",
          "AppointmentSeated", "DefectDetected", "RecoveryCaseOpened", "TreatmentPlanCreated", "AppointmentCheckedOut", "SurveyAnswered",
          "RecoveryReasonAdded", "GapOpened", "MessageSent", "AppointmentCancelled", "TaskOpened"}) {
      w_.expect(timeline.text.find(std::string("\"type\":\"") + type + "\"") != std::string::npos,
                std::string("the timeline shows ") + type);
    }
    const Answer why = w_.api.get("/v1/messages?person=" + traces_.person);
    bool words = why.at("/messages").is_array() && !why.at("/messages").as_array().empty();
    if (words) {
      for (const auto& m : why.at("/messages").as_array()) words = words && m.at("words").as_string().size() > 20;
    }
    w_.expect(words, "each message and each non-message has its reason in words: " + why.text);
    const Answer huddle = w_.api.get("/v1/huddles?site=main-street&day=" + traces_.visit_day);
    w_.expect(huddle.string_at("/visits/0/person") == traces_.person, "the huddle of that day shows the visit: " + huddle.text);
    const Answer bucket = w_.api.get("/v1/bucket?site=main-street");
    w_.expect(bucket.int_at("/enquiries") == 1 && bucket.int_at("/kept") == 1 && bucket.int_at("/people_leaking") == 1,
              "the bucket: one came in, one was kept, one leaks: " + bucket.text);
    struct Figure {
      const char* id;
      std::int64_t numerator, denominator;
    };
    for (const Figure figure :
         {Figure{"enquiries", 1, 0}, Figure{"lead_conversion_kept", 1, 1}, Figure{"no_show_rate", 0, 3}, Figure{"nps", -100, 1}}) {
      const Answer kpi = w_.api.get(std::string("/v1/kpis/") + figure.id);
      w_.expect(
          kpi.int_at("/numerator") == figure.numerator && (figure.denominator == 0 || kpi.int_at("/denominator") == figure.denominator),
          std::string("the figure ") + figure.id + ": " + kpi.text);
    }
    const Answer audit = w_.api.get("/v1/audit/leaks");
    w_.expect(gaps_open() == 1, "one gap is left: the root canal that was begun");
    w_.expect(audit.status == 200 && audit.int_at("/violations") == 0 && audit.int_at("/active") == 1,
              "the audit accounts for everyone: " + audit.text);
  }

  void book_online() {
    w_.chapter("A friend books a check-up on the website: one page, one visit");
    const std::string page = std::string("/book/") + kSite;
    const auto value = [this](const Answer& shown, const std::string& before) {
      const std::size_t begin = shown.text.find(before);
      w_.expect(shown.status == 200 && begin != std::string::npos, "the page shows " + before + ": " + shown.text);
      return shown.text.substr(begin + before.size(), shown.text.find('"', begin + before.size()) - begin - before.size());
    };
    const Answer times = w_.api.get(page + "?type=check-up");
    const std::string slot = value(times, "slot=");
    const Answer form = w_.api.get(page + "?type=check-up&slot=" + slot);
    const std::string filled = "token=" + value(form, "name=\"token\" value=\"") + "&type=check-up&slot=" + slot +
                               "&given_name=Noor&phone=%2B12125550177&consent=yes&website=";
    const auto send = [&] { return w_.api.send("POST", page, filled, {"Content-Type: application/x-www-form-urlencoded"}); };
    const Answer booked = send(), again = send();
    w_.expect(booked.status == 200 && booked.text.find("Your visit is booked") != std::string::npos, "it is booked: " + booked.text);
    w_.expect(again.text == booked.text, "sent twice it is the same visit: " + again.text);
    wait_for("the bucket knows of her", [&] {
      const Answer bucket = w_.api.get("/v1/bucket?site=main-street");
      return bucket.int_at("/enquiries") == 2;
    });

    w_.chapter("She comes back: the practice knows her number, and a link sent to it is all she needs");
    const Answer asked =
        w_.api.send("POST", page + "/known", "contact=%2B12125550177&website=", {"Content-Type: application/x-www-form-urlencoded"});
    w_.expect(asked.status == 200 && asked.text.find("on its way") != std::string::npos, "she is told to look for it: " + asked.text);
    std::string link;
    wait_for("the link arrives", [&] {
      for (const std::string& message : w_.outbox())
        if (const std::size_t begin = message.find("/b/"); begin != std::string::npos)
          link = message.substr(begin, message.find_first_of(" \r\n", begin) - begin);
      return !link.empty();
    });
    const Answer for_her = w_.api.get(link + "?type=check-up&slot=" + value(w_.api.get(link + "?type=check-up"), "slot="));
    w_.expect(for_her.text.find("Noor") != std::string::npos, "it asks for whom, and not who she is: " + for_her.text);
  }

  World& w_;
  LocalDay monday_;
  Traces traces_;
  std::string first_, second_, plan_;
};

}  // namespace

Traces play_journey(World& world, LocalDay monday) { return Journey(world, monday).play(); }

}  // namespace bridgework::functional
