import type { Place } from '../diagnostic.ts';
import type { XmlElement } from '../xml/element.ts';
import type { SharedFlowConfig } from './flow.ts';
import type { ProxyEndpointConfig } from './proxy.ts';
import type { TargetEndpointConfig } from './target.ts';

/** A file below `resources/TYPE/`, of a bundle or of the environment. */
export interface Resource {
  /** `jsc`, `xsl`, `properties` ... */
  readonly type: string;
  /** Name as in `jsc://NAME`; files in sub-folders keep their path. */
  readonly name: string;
  /** Path shown to the author. */
  readonly file: string;
  readonly bytes: Uint8Array;
}

/** A declaration and the name it goes by: its `name` attribute, else the file's base name. */
export interface Named<C> {
  readonly name: string;
  readonly config: C;
  readonly at: Place;
}

/** A policy file, read but not yet checked: what it may hold is known to the policy. */
export interface PolicySource {
  readonly name: string;
  /** Root element, such as `AssignMessage`. */
  readonly root: XmlElement;
}

export type BundleKind = 'apiproxy' | 'sharedflowbundle';

/** A bundle as read from a folder or a zip, every file well-formed and its endpoints checked. */
export interface Bundle {
  readonly kind: BundleKind;
  readonly name: string;
  /** `revision` attribute, `1` when there is none. */
  readonly revision: string;
  /** Path of the apiproxy or sharedflowbundle folder, as shown to the author. */
  readonly folder: string;
  readonly at: Place;
  readonly proxyEndpoints: readonly Named<ProxyEndpointConfig>[];
  readonly targetEndpoints: readonly Named<TargetEndpointConfig>[];
  readonly sharedFlows: readonly Named<SharedFlowConfig>[];
  readonly policies: ReadonlyMap<string, PolicySource>;
  /** By `TYPE://NAME`. */
  readonly resources: ReadonlyMap<string, Resource>;
  /** Values of `resources/properties/SET.properties`, by `SET.KEY`. */
  readonly properties: ReadonlyMap<string, string>;
  /**
   * Names of policies and endpoints whose file could not be read or checked, which is reported: who refers to one of
   * them has made no mistake.
   */
  readonly unreadable: ReadonlySet<string>;
  /** SHA-256 over all file names and contents, hex: equal digests need no new plan. */
  readonly digest: string;
}
