/** What a person who is refused has to be told (Art. 12(4) GDPR). */
import type { Remedies } from "../requests.ts";
import { Section } from "./parts.tsx";

export const RemediesOf = ({ remedies }: { readonly remedies: Remedies }) => (
  <Section title="The person has to be told" note={remedies.tell}>
    <ul class="names">
      <li>{remedies.complaint}</li>
      <li>{remedies.court}</li>
    </ul>
  </Section>
);
