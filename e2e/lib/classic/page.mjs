// The page of the documentation about the Classic API, as a run has proven it.

const HEAD = `# Open CTI for Classic: what is proven

Written by \`e2e/browser/classic.test.mjs\` from what it proved in Chromium, each row by a call of a
softphone from another origin; the run fails when this page is another
(\`OFFHOOK_BLESS=1 cargo xtask e2e classic\` writes it anew).

\`interaction.js\` is served for every version from 25.0 to 99.0 and \`integration.js\` from 20.0 to
99.0, on both origins, with two leading slashes too. All methods exist under every version. Messages
from 31 on have the prefix \`interactionApi/\` and say their version; \`displayName\` comes from 33 on,
what tells person accounts apart from 31 on. Ids of records have 15 characters.

A call center's \`reqSalesforceCompatibilityMode\` decides: \`Classic\` (or none) gets the parameters
\`isdtp=nv\`, \`sfdcIFrameOrigin\` and \`nonce\`, and its phone stands in a side bar beside the pages;
\`Lightning\` gets those of Lightning; \`Classic_and_Lightning\` gets both, and may use both libraries.
`;

const CHOICES = `## Where nothing is documented, or documents disagree

| Question | Our choice |
|---|---|
| Message without the frame's nonce, from another window or origin | dropped, unanswered |
| A method that fails | \`result\` is \`false\`, \`error\` a sentence, whatever type its result has |
| \`screenPop\` with \`force\` | the same as without: a pop opens or focuses a tab, and no entries are lost |
| \`screenPopUrl\` | \`/003…\`, \`/search/SearchResults?searchType=2&str=…\`, or an address of this console; empty when nothing pops |
| Addresses that \`screenPop\` takes | those, \`/003/o\`, \`/003/e?con10=…\`, and every address of this console |
| Parts of \`saveParams\` | decoded once more each if they can be; a raw \`+\` stays; a part without \`=\` belongs to the value before it |
| \`setSoftphoneHeight\`, \`setSoftphoneWidth\` | from 0; the panel keeps at least 80 pixels |
| \`onObjectUpdate\` | after the page in front was fetched anew, always with all three |
| \`getSubtabIds\` | the first page of a primary tab is a subtab too |
| A page in a tab | of this server's pages origin or of the softphone's own origin; others are refused with a reason |

## Not yet

- The numbers of \`getDirectoryNumbers\` are the org's additional numbers; users are not in it.
- \`runApex\` answers by the same registry as in Lightning.
- Titles, styles and names that pages give to tabs end with a reload of the console.
- Events of the Console Toolkit reach the frames of one window.
`;

/** The whole page. */
export function classicPage(interaction, toolkit) {
  return [
    HEAD,
    "## sforce.interaction",
    "",
    interaction.table(),
    "",
    "## sforce.console",
    "",
    "What each is meant to do stands in [the table of the Console Toolkit](console-toolkit.md).",
    "",
    toolkit.table(),
    "",
    CHOICES,
  ].join("\n");
}
