// What each method of `sforce.opencti` must answer: calls with their arguments and the documented
// outcome. The conformance test makes them at each version; its table comes from the results.
import assert from "node:assert/strict";

const done = (answer) =>
  assert.deepEqual(answer.response, { success: true, returnValue: null, errors: null });
const gives = (check) => (answer, facts) => {
  assert.deepEqual(Object.keys(answer.response).sort(), ["errors", "returnValue", "success"]);
  assert.equal(answer.response.success, true, JSON.stringify(answer.response.errors));
  assert.equal(answer.response.errors, null);
  check(answer.response.returnValue, facts);
};
const refuses = (code, text) => (answer) => {
  const { success, returnValue, errors } = answer.response;
  assert.deepEqual([success, returnValue, errors.length], [false, null, 1]);
  assert.equal(errors[0].code, code);
  assert.match(errors[0].description, text);
};
const throws = (text) => (answer) => assert.equal(answer.thrown, text);

const invalid = (name) =>
  refuses("INVALID_PARAM", new RegExp(`^An invalid value was passed to the parameter ${name}\\. `));
const ONE_OBJECT = "Must pass in only one object which holds arguments to this API method call.";

/** Each method: the version that brought it, and its cases `[what, arguments, check]`. */
export const METHODS = [
  ["enableClickToDial", 38, [["succeeds", {}, done]]],
  ["disableClickToDial", 38, [["succeeds", {}, done]]],
  ["getAppViewInfo", 38, [
    ["the page in front", {}, gives((view, { console }) => {
      assert.ok(view.url.startsWith(`${console}/lightning/`), view.url);
    })],
  ]],
  ["getCallCenterSettings", 38, [
    ["the flat map", {}, gives((map, { center }) => {
      assert.equal(map["/reqGeneralInfo/reqInternalName"], center);
      assert.equal(map["/reqGeneralInfo/sortOrder"], "0.0");
      assert.equal(map["/reqGeneralInfo/reqAdapterUrl/sortOrder"], "2.0");
      assert.ok(!("/reqGeneralInfo/reqInternalName/label" in map));
      assert.ok(Object.values(map).every((value) => typeof value === "string"));
    })],
  ]],
  ["getSoftphoneLayout", 38, [
    ["three call types", {}, gives((layout) => {
      assert.deepEqual(Object.keys(layout).sort(), ["Inbound", "Internal", "Outbound"]);
      assert.equal(layout.Inbound.objects.Contact[0].apiName, "Name");
      assert.equal(layout.Inbound.screenPopSettings.screenPopsOpenWithin, "ExistingWindow");
      assert.deepEqual(layout.Outbound.screenPopSettings, {});
    })],
  ]],
  ["isSoftphonePanelVisible", 38, [
    ["a boolean", {}, gives((value) => assert.equal(typeof value.visible, "boolean"))],
  ]],
  ["notifyInitializationComplete", 38, [["succeeds", {}, done]]],
  ["refreshView", 38, [["succeeds", {}, done]]],
  ["runApex", 38, [
    ["a class that is not there", { apexClass: "NoSuchClass", methodName: "m", methodParams: "a=+1" },
      refuses("SERVER_ERROR", /^Could not load Apex class: NoSuchClass\.$/)],
    ["no class", { methodName: "m" }, invalid("apexClass")],
  ]],
  ["saveLog", 38, [
    ["creates", ({ contact }) => ({
      value: { entityApiName: "Task", Subject: "Call", Status: "completed", whoId: contact,
        CallType: "Inbound", Activitydate: "2026-1-5", IsClosed: true, NoSuchField: 1 },
    }), gives((value, facts) => {
      assert.deepEqual(Object.keys(value), ["recordId"]);
      assert.match(value.recordId, /^00T\w{15}$/);
      facts.task = value.recordId;
    })],
    ["changes", ({ task }) => ({ value: { Id: task, CallDisposition: "Answered" } }),
      gives((value, { task }) => assert.equal(value.recordId, task))],
    ["any object", { value: { entityApiName: "Contact", LastName: "Conformance" } },
      gives((value) => assert.match(value.recordId, /^003/))],
    ["says which field", { value: { entityApiName: "Contact", FirstName: "Ann" } }, (answer) => {
      refuses("SERVER_ERROR", /^A problem was encountered on the server\.$/)(answer);
      const { message, fieldErrors } = answer.response.errors[0].details;
      assert.ok(message.length > 0);
      assert.equal(fieldErrors.LastName[0].statusCode, "REQUIRED_FIELD_MISSING");
    }],
    ["no object of that name", { value: { entityApiName: "NoSuchObject" } }, invalid("entityApiName")],
    ["no value", { value: "text" }, throws("Missing the required argument `value object`!")],
  ]],
  ["screenPop", 38, [
    ["sobject", ({ contact }) => ({ type: "sobject", params: { recordId: contact } }), done],
    ["upper case", ({ contact }) => ({ type: "SOBJECT", params: { recordId: contact } }), done],
    ["url", { type: "url", params: { url: "/lightning/page/home" } }, done],
    ["objecthome", { type: "objecthome", params: { scope: "Account" } }, done],
    ["list", { type: "list", params: { scope: "Contact", listViewId: "Recent" } }, done],
    ["search", { type: "search", params: { searchString: "Smith" } }, done],
    ["newRecord", { type: "newRecord",
      params: { entityName: "Contact", defaultFieldValues: { Phone: "4155551212" } } }, done],
    ["flow", { type: "flow", params: { flowDevName: "Ring" } },
      refuses("GENERIC_ERROR", /^An error occurred while calling the API method\.$/)],
    ["unknown type", { type: "teleport", params: {} }, invalid("type")],
    ["no params", { type: "sobject" }, invalid("params")],
    ["no record id", { type: "sobject", params: {} }, invalid("params.recordId")],
    ["another host", { type: "url", params: { url: "//other.example" } }, invalid("params.url")],
  ]],
  ["searchAndScreenPop", 38, [
    ["deferred", ({ phone }) => ({ searchParams: phone, callType: "inbound", deferred: true }),
      gives((found, { contact }) => {
        assert.equal(found[contact].RecordType, "Contact");
        assert.equal(found[contact].Id, contact);
        assert.deepEqual(found.SCREEN_POP_DATA, { type: "sobject", params: { recordId: contact } });
      })],
    ["pops", ({ phone }) => ({ searchParams: phone }), gives((found, { contact }) => {
      assert.deepEqual(Object.keys(found), [contact]);
    })],
    ["spellings", ({ phone }) => ({ searchParams: `+1${phone} OR ${phone}`, callType: "INBOUND", deferred: true }),
      gives((found, { contact }) => assert.ok(contact in found))],
    ["outbound never pops", ({ phone }) => ({ searchParams: phone, callType: "outbound", deferred: true }),
      gives((found) => assert.ok(!("SCREEN_POP_DATA" in found)))],
    ["no match", { searchParams: "2125550199", callType: "inbound", deferred: true,
      defaultFieldValues: { Phone: "2125550199" } }, gives((found) => {
      assert.deepEqual(Object.keys(found), ["SCREEN_POP_DATA"]);
      assert.equal(found.SCREEN_POP_DATA.type, "newRecord");
    })],
    ["unknown call type", { searchParams: "4155551212", callType: "sideways" }, invalid("callType")],
    ["no search", { callType: "inbound" }, invalid("searchParams")],
  ]],
  ["setSoftphoneItemIcon", 38, [
    ["sets", { key: "call" }, done],
    ["no icon", { key: 5 }, invalid("key")],
  ]],
  ["setSoftphoneItemLabel", 38, [
    ["sets", { label: "Phone" }, done],
    ["no text", { label: 5 }, invalid("label")],
  ]],
  ["setSoftphonePanelHeight", 38, [
    ["lowest", { heightPX: 240 }, done],
    ["highest", { heightPX: 2560 }, done],
    ["too low", { heightPX: 239 }, invalid("heightPX")],
    ["too high", { heightPX: 2561 }, invalid("heightPX")],
    ["no number", { heightPX: "400" }, invalid("heightPX")],
  ]],
  ["setSoftphonePanelIcon", 38, [
    ["sets", { key: "call" }, done],
    ["no icon", { key: null }, invalid("key")],
  ]],
  ["setSoftphonePanelLabel", 38, [
    ["sets", { label: "Phone" }, done],
    ["no text", { label: {} }, invalid("label")],
  ]],
  ["setSoftphonePanelVisibility", 38, [
    ["minimises", { visible: false }, done],
    ["opens", { visible: true }, done],
    ["no boolean", { visible: "yes" }, invalid("visible")],
  ]],
  ["setSoftphonePanelWidth", 38, [
    ["narrowest", { widthPX: 200 }, done],
    ["widest", { widthPX: 1920 }, done],
    ["too wide", { widthPX: 1921 }, invalid("widthPX")],
  ]],
  ["hvs.completeWork", 46, [
    ["without a work list", { workId: "none", attributes: { disposition: "x", taskId: "y" } },
      refuses("GENERIC_ERROR", /^An error occurred while calling the API method\./)],
  ]],
  ["publish", 47, [
    ["nobody hears", { channelName: "Nobody__c", message: { a: 1 } }, done],
    ["no channel", { channelName: "no channel", message: {} }, invalid("channelName")],
    ["no message", { channelName: "A__c" }, invalid("message")],
    ["empty channel", { channelName: "", message: {} },
      throws("The argument `channelName` must be a non-empty string!")],
  ]],
];

/** Methods that hear something; the test lets it happen. */
export const LISTENERS = [
  ["onClickToDial", 38],
  ["onNavigationChange", 38],
  ["hvs.onWorkStart", 46],
];
/** Methods that the test tries together. */
export const CHANNELS = [
  ["subscribe", 47],
  ["unsubscribe", 47],
];

export { ONE_OBJECT };
