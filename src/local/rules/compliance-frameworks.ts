/** A framework: its facts, and a line a control. */
export interface FrameworkText {
  name: string
  version: string
  description: string
  /**
   * `id|title|category|relevance|number of recommendations|mappings`; a mapping is `pattern tools coverage`, and a semicolon separates them.
   */
  controls: readonly string[]
}

/** The frameworks of the platform, by id. */
export const FRAMEWORKS: readonly (readonly [id: string, FrameworkText])[] = [
  [
    'gdpr',
    {
      name: 'GDPR',
      version: '2016/679',
      description: "The European Union's rules for personal data",
      controls: [
        'Art.5(1)(f)|Integrity and Confidentiality|Data Processing Principles|critical|3|block fs.delete,fs.rm,db.drop,db.truncate full;block exec.*,shell.*,code.eval full',
        'Art.5(2)|Accountability|Data Processing Principles|critical|4|any_active_policy * partial',
        'Art.25(1)|Data Protection by Design|Data Protection by Design|critical|3|block data.export,data.download,data.query_pii full;require_approval data.export,data.download full',
        'Art.25(2)|Data Protection by Default|Data Protection by Design|high|3|block data.query_pii,data.export full',
        'Art.30|Records of Processing Activities|Records of Processing|high|3|any_active_policy * partial',
        'Art.32|Security of Processing|Security of Processing|critical|4|block exec.*,shell.* full;require_approval message.send,email.send,webhook.send full',
        'Art.35|Data Protection Impact Assessment|Impact Assessment|high|4|risk_threshold * full',
        'Art.33|Notification of Personal Data Breach|Data Breach|high|4|rate_limit * partial',
      ],
    },
  ],
  [
    'imda-agentic',
    {
      name: 'Singapore IMDA Model Framework for Agentic AI',
      version: 'January 2026',
      description: "Singapore's guidance for agents that act by themselves",
      controls: [
        'IMDA-1.1|Human-in-the-Loop for High-Risk Actions|Human Oversight|critical|3|require_approval * full',
        'IMDA-1.2|Kill Switch and Override Mechanisms|Human Oversight|critical|3|block * partial',
        'IMDA-2.1|Agent Decision Audit Trail|Transparency and Explainability|critical|4|any_active_policy * partial',
        'IMDA-3.1|Agent Capability Boundaries|Boundary and Scope Controls|critical|4|block exec.*,shell.*,code.eval,code.run full;allowlist * full',
        'IMDA-3.2|Inter-Agent Communication Controls|Boundary and Scope Controls|high|4|require_approval message.send,slack.send,discord.send partial',
        'IMDA-4.1|Adversarial Robustness|Safety and Security|critical|4|block exec.*,shell.*,code.eval full',
        'IMDA-4.2|External Action Safety|Safety and Security|critical|4|require_approval email.send,payment.*,billing.*,deploy.* full;block fs.delete,db.drop,db.truncate full',
        'IMDA-5.1|Operator Accountability|Accountability|high|4|any_active_policy * partial',
      ],
    },
  ],
  [
    'iso27001',
    {
      name: 'ISO 27001:2022',
      version: '2022',
      description: 'Requirements for managing information security',
      controls: [
        'A.5.15|Access Control|Access Control|critical|3|block exec.*,shell.*,code.eval,code.run full;require_approval * partial',
        'A.5.17|Authentication Information|Access Control|high|3|require_approval * partial',
        'A.8.3|Information Access Restriction|Asset Management|critical|3|block data.export,data.download,data.query_pii,report.export full;require_approval data.export,data.download,report.export full',
        'A.8.9|Configuration Management|Technology Controls|high|3|require_approval deploy.*,infra.*,dns.*,cert.* full;block fs.write,fs.move,fs.rename partial',
        'A.8.12|Data Leakage Prevention|Technology Controls|critical|3|block data.export,data.download,fs.move full;require_approval message.send,email.send,webhook.send,sms.send full',
        'A.8.15|Logging|Technology Controls|critical|4|any_active_policy * partial',
        'A.8.16|Monitoring Activities|Technology Controls|critical|4|rate_limit * full',
        'A.5.23|Information Security for Use of Cloud Services|Supplier Relationships|medium|3|require_approval deploy.*,infra.* partial',
        'A.8.25|Secure Development Life Cycle|Technology Controls|high|3|dry_run * full',
        'A.5.30|ICT Readiness for Business Continuity|Organizational Controls|medium|3|block db.drop,db.truncate,db.delete_table partial',
      ],
    },
  ],
  [
    'nist-ai-rmf',
    {
      name: 'NIST AI RMF 1.0',
      version: '1.0',
      description: 'How to govern, map, measure and manage the risks of artificial intelligence',
      controls: [
        'GOVERN-1.1|Legal and Regulatory Requirements|Govern|high|3|any_active_policy * partial',
        'GOVERN-1.5|Risk Tolerances|Govern|critical|3|risk_threshold * full;block * partial',
        'GOVERN-4.1|Organizational Practices for AI Transparency|Govern|high|3|require_approval * partial',
        'MAP-1.5|Impacts to Individuals and Communities|Map|high|3|require_approval message.send,email.send,social.post,support.reply full',
        'MEASURE-2.6|AI System Performance Monitoring|Measure|critical|4|rate_limit * full;any_active_policy * partial',
        'MEASURE-2.9|AI Model Security|Measure|high|4|block exec.*,shell.*,code.eval full',
        'MANAGE-2.1|Risk Response and Recovery|Manage|high|3|block * partial;require_approval * partial',
        'MANAGE-4.1|Post-Deployment Monitoring|Manage|critical|4|any_active_policy * partial',
      ],
    },
  ],
  [
    'soc2',
    {
      name: 'SOC 2',
      version: '2017',
      description: 'Trust criteria for services that keep the data of customers',
      controls: [
        'CC6.1|Logical Access Security|Logical and Physical Access Controls|high|3|block exec.*,fs.delete,fs.rmdir,db.drop,db.truncate full;allowlist exec.* full',
        'CC6.2|Authentication and Access Credentials|Logical and Physical Access Controls|high|3|require_approval * partial',
        'CC6.3|Access Removal|Logical and Physical Access Controls|medium|3|block * partial',
        'CC6.6|External System Interfaces|Logical and Physical Access Controls|critical|3|require_approval message.send,email.send,web.post,slack.post,sms.send full;block web.fetch,web.post full',
        'CC6.7|Data Classification and Protection|Logical and Physical Access Controls|critical|3|block data.export,data.download full;require_approval data.export,report.generate full',
        'CC7.1|Detection of Changes|System Operations|high|4|rate_limit * partial',
        'CC7.2|Monitoring System Components|System Operations|critical|4|any_active_policy * partial',
        'CC7.3|Evaluation of Security Events|System Operations|high|3|',
        'CC8.1|Changes to Infrastructure and Software|Change Management|high|4|dry_run * full',
        'CC9.1|Risk Assessment and Identification|Risk Mitigation|high|3|risk_threshold * full',
      ],
    },
  ],
]
