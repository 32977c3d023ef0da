/**
 * Building blocks of pseudonyms. The lists are part of what pseudonyms are: changing an entry or
 * its place changes every pseudonym given out, and joins on them break. Append nothing either.
 */

export const FIRST_NAMES = (
  "Ada Alba Alma Amir Anika Anton Arda Astrid Aziz Beata Boris Bruno Carla Celia Dario Dora " +
  "Edda Elias Elif Emil Enzo Erik Esra Eva Fadi Felix Fiona Gita Greta Hana Hugo Ida " +
  "Ines Ivo Jana Jonas Jule Karim Kira Lara Leon Lina Luca Mads Maja Mara Milo Mina " +
  "Nadia Nils Nora Olga Omar Otto Paula Rafa Rosa Ruben Selma Signe Tara Theo Vera Yara"
).split(" ");

export const LAST_NAMES = (
  "Adler Almeida Arslan Bakker Barros Becker Berg Bianchi Blom Bonnet Borg Brandt Costa Dahl Demir Dubois " +
  "Egger Falk Ferrari Fischer Fontaine Franco Garnier Greco Gruber Haas Hansen Horvat Huber Ibsen Jansen Jensen " +
  "Kaya Keller Klein Koch Kowal Kraus Kuhn Lambert Larsen Lehmann Lind Lopes Mancini Marino Meyer Moreau " +
  "Moser Nagy Nielsen Novak Olsen Pereira Peters Ricci Roth Sala Silva Sommer Stein Toth Vogel Winter"
).split(" ");

export const STREETS = (
  "Acorn Alder Apple Ash Aspen Barley Beech Birch Bramble Briar Cedar Cherry Chestnut Clover Cypress Daisy " +
  "Elder Elm Fern Fir Hazel Heather Holly Iris Ivy Juniper Larch Laurel Lavender Lilac Linden Maple"
).split(" ");

export const TOWNS = (
  "Ashmere Brackenford Brightwater Cloverhill Coldbrook Dunmere Eastfold Elmstead Fairhollow Fernwick Foxley Glenmoor " +
  "Greyfield Hartwell Hazelmere Highmarsh Kingsfold Lakemoor Larkhill Longmere Marshwood Millbrook Northfold Oakmere " +
  "Otterford Pinewick Quarrydale Ravensmoor Redbrook Silvermere Stonewick Thornbury"
).split(" ");
