/** What a person who is refused must be told besides the reasons (Art. 12(4) GDPR). */
export const REMEDIES = {
  complaint:
    "A complaint to a supervisory authority, in particular where they live, work or where it " +
    "happened (Art. 77 GDPR); https://www.edpb.europa.eu/about-edpb/about-edpb/members_en names them.",
  court: "A judicial remedy against the controller (Art. 79 GDPR).",
  tell: "Without delay and at the latest within one month of receipt (Art. 12(4) GDPR).",
} as const;
